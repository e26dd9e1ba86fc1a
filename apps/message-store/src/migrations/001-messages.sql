-- Messages that wait for the broker. Plain SQL that MySQL 9 and MariaDB 10.11 both run.
-- Times are milliseconds since 1970.

CREATE TABLE stored_messages (
  -- The order of storing, and the cursor of a list
  position BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  message_id VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  routing_key VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  content MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  bytes INT UNSIGNED NOT NULL,
  exchange VARCHAR(127) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  type VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  mandatory TINYINT UNSIGNED NOT NULL,
  partition_no SMALLINT UNSIGNED NOT NULL,
  -- The publisher that kept it
  source VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- JSON, NULL for none
  headers TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  -- By the publisher's clock; it expires by this
  first_tried_at BIGINT UNSIGNED NOT NULL,
  stored_at BIGINT UNSIGNED NOT NULL,
  claims INT UNSIGNED NOT NULL DEFAULT 0,
  PRIMARY KEY (position),
  UNIQUE KEY stored_messages_id (message_id),
  -- Counts are read from this index alone.
  KEY stored_messages_lane (partition_no, source, first_tried_at, bytes)
) ENGINE = InnoDB;

-- Who republishes a partition, until when by the database's clock. One row a partition.
CREATE TABLE message_leases (
  partition_no SMALLINT UNSIGNED NOT NULL,
  owner VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NULL,
  lease_until BIGINT UNSIGNED NOT NULL DEFAULT 0,
  PRIMARY KEY (partition_no)
) ENGINE = InnoDB;
