-- Channels, their entries, refusals and sessions. Plain SQL that MySQL 9 and MariaDB 10.11 both run.
-- Times are milliseconds since 1970 by the processes' clocks.

CREATE TABLE channels (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT,
  name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- Made with the row, changed only when the channel is begun anew: a cursor of another epoch means nothing here.
  epoch CHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  last_seq BIGINT UNSIGNED NOT NULL DEFAULT 0,
  -- Entries up to here are no longer kept.
  floor BIGINT UNSIGNED NOT NULL DEFAULT 0,
  changed_at BIGINT UNSIGNED NOT NULL DEFAULT 0,
  PRIMARY KEY (id),
  UNIQUE KEY channels_name (name),
  KEY channels_changed (changed_at)
) ENGINE = InnoDB;

CREATE TABLE entries (
  channel_id INT UNSIGNED NOT NULL,
  seq BIGINT UNSIGNED NOT NULL,
  -- 0 post, 1 edit, 2 removal
  kind TINYINT UNSIGNED NOT NULL,
  id BINARY(16) NOT NULL,
  client_id BINARY(16) NOT NULL,
  session_id BINARY(16) NULL,
  -- 0 through a gateway, 1 published by hand
  via TINYINT UNSIGNED NOT NULL,
  author VARCHAR(120) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  text VARCHAR(4096) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  -- What review found: {"mentions": [...], "links": [...]}; NULL for nothing
  found TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  -- The text folded for search: no case, no accents
  search_text TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  -- The entry that an edit or a removal is about
  target_seq BIGINT UNSIGNED NULL,
  created_at BIGINT UNSIGNED NOT NULL,
  reviewed_at BIGINT UNSIGNED NOT NULL,
  stored_at BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (channel_id, seq),
  -- Once: whatever arrives twice is stored once.
  UNIQUE KEY entries_id (id)
) ENGINE = InnoDB;

CREATE TABLE refusals (
  id BINARY(16) NOT NULL,
  status VARCHAR(16) CHARACTER SET ascii NOT NULL,
  code VARCHAR(64) CHARACTER SET ascii NOT NULL,
  message VARCHAR(500) CHARACTER SET utf8mb4 NOT NULL,
  at BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (id),
  KEY refusals_at (at)
) ENGINE = InnoDB;

CREATE TABLE sessions (
  id BINARY(16) NOT NULL,
  -- The pseudo with everything folded that the eye does not tell apart (UTS #39)
  skeleton VARBINARY(512) NOT NULL,
  pseudo VARCHAR(120) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  expires_at BIGINT UNSIGNED NOT NULL,
  ended_at BIGINT UNSIGNED NULL,
  PRIMARY KEY (id),
  UNIQUE KEY sessions_skeleton (skeleton),
  KEY sessions_expires (expires_at)
) ENGINE = InnoDB;
