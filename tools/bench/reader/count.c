// What came: frames, bytes, deliveries (a marker `bench-<intended time in ns>-<number>` in a frame is one), when the
// last socket of the crowd had each post, and whether a wall's sequence had holes or repeats.
#define _GNU_SOURCE
#include "reader.h"
#include <stdio.h>
#include <string.h>

#define POSTS 65536

typedef struct {
  uint64_t intended, last;
  unsigned number, count;
} post_t;

char epoch[65];
// Posts by number, modulo; an older one makes place.
static post_t posts[POSTS];
static histogram_t latency, greeting;
static struct {
  uint64_t frames, bytes, deliveries, closed, redials, snapshots, holes, doubled;
} counts;

void record_us(histogram_t *histogram, uint64_t us) {
  unsigned index = us;
  if (us >= 64) {
    unsigned power = 63 - __builtin_clzll(us);
    if (power > 43) power = 43;
    index = (power - 5) * 64 + ((us >> (power - 6)) & 63);
  }
  histogram->buckets[index]++;
}

static void delivered(uint64_t intended, unsigned number, uint64_t now, unsigned crowd) {
  post_t *post = &posts[number % POSTS];
  if (post->intended != intended || post->number != number) *post = (post_t){.intended = intended, .number = number};
  counts.deliveries++;
  post->count++;
  post->last = now;
  record_us(&latency, now > intended ? (now - intended) / 1000 : 0);
  if (post->count == crowd) {
    printf("{\"event\":\"reached\",\"post\":%u,\"intended\":\"%llu\",\"last\":\"%llu\"}\n", number,
           (unsigned long long)intended, (unsigned long long)now);
  }
}

static long long number_after(const char *name, const char *from, const char *end) {
  const char *at = memmem(from, end - from, name, strlen(name));
  if (!at) return -1;
  long long value = 0;
  for (at += strlen(name); at < end && *at >= '0' && *at <= '9'; at++) value = value * 10 + (*at - '0');
  return value;
}

static int begins(const char *payload, size_t len, const char *with) {
  return len > strlen(with) && memcmp(payload, with, strlen(with)) == 0;
}

static void learn_epoch(const char *payload, size_t len) {
  static const char name[] = "\"epoch\":\"";
  const char *at = epoch[0] ? NULL : memmem(payload, len, name, sizeof name - 1);
  if (!at) return;
  at += sizeof name - 1;
  const char *to = memchr(at, '"', payload + len - at);
  if (to && to - at < (long)sizeof epoch) memcpy(epoch, at, to - at);
}

// Whether a wall's frame follows on from what this socket had.
static void follow(conn_t *conn, const char *payload, size_t len) {
  // `first` and `last` stand before the entries.
  const char *end = payload + (len < 512 ? len : 512);
  long long first = number_after("\"first\":", payload, end), last = number_after("\"last\":", payload, end);
  if (first < 0 || last < 0) return;
  if (conn->last >= 0 && last >= first) {
    if (first > conn->last + 1) counts.holes += first - conn->last - 1;
    if (first <= conn->last) counts.doubled += (last < conn->last ? last : conn->last) - first + 1;
  }
  if (last > conn->last) conn->last = last;
}

void count_frame(conn_t *conn, const char *payload, size_t len, uint64_t now, unsigned crowd) {
  counts.frames++;
  if (begins(payload, len, "{\"type\":\"wall.")) {
    learn_epoch(payload, len);
    if (begins(payload, len, "{\"type\":\"wall.snapshot")) {
      // A page of what was there before: nothing is delivered by it. `last` stands behind the entries.
      const char *end = payload + len, *tail = len > 200 ? end - 200 : payload;
      conn->last = number_after("\"last\":", tail, end);
      counts.snapshots++;
      return;
    }
    if (begins(payload, len, "{\"type\":\"wall.updated")) follow(conn, payload, len);
  }
  const char *end = payload + len, *at = payload;
  while ((at = memmem(at, end - at, "bench-", 6))) {
    uint64_t intended = 0;
    unsigned number = 0;
    for (at += 6; at < end && *at >= '0' && *at <= '9'; at++) intended = intended * 10 + (*at - '0');
    if (at >= end || *at != '-' || !intended) continue;
    for (at++; at < end && *at >= '0' && *at <= '9'; at++) number = number * 10 + (*at - '0');
    delivered(intended, number, now, crowd);
  }
}

void count_bytes(size_t bytes) { counts.bytes += bytes; }
void count_greeting(uint64_t us) { record_us(&greeting, us); }
void count_closed(void) { counts.closed++; }
void count_redial(void) { counts.redials++; }

void reset_counts(void) {
  memset(&counts, 0, sizeof counts);
  memset(&latency, 0, sizeof latency);
  memset(&greeting, 0, sizeof greeting);
}

static void print_histogram(const char *name, const histogram_t *histogram) {
  printf(",\"%s\":[", name);
  const char *between = "";
  for (unsigned i = 0; i < 64 * 40; i++) {
    if (!histogram->buckets[i]) continue;
    unsigned shift = i < 128 ? 0 : i / 64 - 1;
    // The middle of the bucket.
    uint64_t us = i < 64 ? i : ((uint64_t)(64 + i % 64) << shift) + ((1ull << shift) >> 1);
    printf("%s[%llu,%llu]", between, (unsigned long long)us, (unsigned long long)histogram->buckets[i]);
    between = ",";
  }
  printf("]");
}

void print_report(unsigned open) {
  printf("{\"event\":\"report\",\"open\":%u", open);
#define FIELD(name) printf(",\"" #name "\":%llu", (unsigned long long)counts.name)
  FIELD(frames);
  FIELD(bytes);
  FIELD(deliveries);
  FIELD(closed);
  FIELD(redials);
  FIELD(snapshots);
  FIELD(holes);
  FIELD(doubled);
  print_histogram("latency", &latency);
  print_histogram("greeting", &greeting);
  printf("}\n");
}
