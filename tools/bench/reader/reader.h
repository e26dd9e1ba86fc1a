// The bench's raw WebSocket reader: as little work for a frame as can be, so that the system under test gets the
// processor. Compiled on first use (src/load/compile-reader.ts); the commands on its standard input are in reader.c.
#pragma once
#include <stddef.h>
#include <stdint.h>

enum state { CLOSED, CONNECTING, UPGRADING, OPEN };

typedef struct {
  int fd;
  enum state state;
  // The first data frame after the upgrade has come.
  int greeted;
  // The start of a frame whose rest has not come yet.
  char *carry;
  size_t carry_len, carry_cap;
  // The last sequence that it was shown of a wall; -1 before.
  long long last;
} conn_t;

uint64_t now_ns(void);

// ---- count.c ----
typedef struct {
  // One number a power of two and sixty-fourth of it: within 1.6 %, and histograms of several readers can be added.
  uint64_t buckets[64 * 40];
} histogram_t;

extern char epoch[65];
void record_us(histogram_t *histogram, uint64_t us);
// A data frame's payload that `conn` received at `now`; `crowd` is how many sockets shall get each post.
void count_frame(conn_t *conn, const char *payload, size_t len, uint64_t now, unsigned crowd);
void count_bytes(size_t bytes);
void count_greeting(uint64_t us);
void count_closed(void);
void count_redial(void);
void reset_counts(void);
void print_report(unsigned open);

// ---- frames.c ----
// Takes what came, after conn->carry was put before it; keeps what is incomplete. False when the server closes.
int take_frames(conn_t *conn, char *data, size_t len, uint64_t now);
// Keeps the start of something whose rest has not come yet.
void keep(conn_t *conn, const char *rest, size_t len);
// Sends one text frame; 0 when the socket does not take it.
int send_text(conn_t *conn, const char *text, size_t len);
void on_data_frame(conn_t *conn, const char *payload, size_t len, uint64_t now);
