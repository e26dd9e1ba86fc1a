-- A syllable of Hangul has a skeleton of up to seven times its own bytes, and a pseudo has up to 120.
ALTER TABLE sessions MODIFY skeleton VARBINARY(1024) NOT NULL;
