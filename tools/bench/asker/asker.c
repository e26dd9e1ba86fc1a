// asker HOST PORT PER_SECOND COUNT CONNECTIONS WANTED: asks COUNT pages by HTTP/1.1 on a schedule that waits for nobody,
// and says how late each was, from when it was due: one that finds no free connection counts its wait. The paths are on
// standard input, one a line, asked in turn. An answer is right when it is a 200 whose head has WANTED in it.
// It says one line of JSON, times in microseconds. It sleeps until something is due or comes: a generator that never
// slept had one of two processors for itself, and what it measured waited for the other.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define MOST_CONNECTIONS 256
#define HEAD 8192
// After the last question, how long answers may take.
#define ANSWERS_NS 10000000000ull
#define TIMER UINT32_MAX

typedef struct {
  int fd;
  unsigned asked;
  char head[HEAD + 1];
  size_t head_len;
  // Of the answer's body, once its head is whole; -1 before.
  long left;
} conn_t;

static conn_t conns[MOST_CONNECTIONS];
static unsigned free_conns[MOST_CONNECTIONS], free_count;
static char **requests;
static unsigned request_count, count, next, seen, wrong;
static uint32_t *late_us;
static uint64_t begin_ns, step_ns;
static char first_wrong[80];

static uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000ull + time.tv_nsec;
}

static uint64_t due_ns(unsigned index) { return begin_ns + index * step_ns; }

static void fail(const char *why) {
  fprintf(stderr, "%s: %s\n", why, errno ? strerror(errno) : "given up");
  exit(1);
}

static void read_paths(const char *host, const char *port) {
  char *line = NULL;
  size_t size = 0;
  for (ssize_t len; (len = getline(&line, &size, stdin)) > 0;) {
    if (line[len - 1] == '\n') line[len - 1] = 0;
    requests = realloc(requests, (request_count + 1) * sizeof *requests);
    if (!requests || asprintf(&requests[request_count++], "GET %s HTTP/1.1\r\nhost: %s:%s\r\n\r\n", line, host, port) < 0)
      fail("memory");
  }
  free(line);
}

static void ask(conn_t *conn) {
  conn->asked = next++;
  conn->head_len = 0;
  conn->left = -1;
  const char *request = requests[conn->asked % request_count];
  // A question is smaller than any socket's buffer, and the connection is free.
  if (write(conn->fd, request, strlen(request)) != (ssize_t)strlen(request)) fail("a question could not be sent");
}

static void judge(const char *head, const char *wanted) {
  if (!strncmp(head, "HTTP/1.1 200", 12) && strstr(head, wanted)) return;
  if (wrong++) return;
  const char *source = strstr(head, "x-parvis-source: ");
  snprintf(first_wrong, sizeof first_wrong, "%.*s", (int)strcspn(source ? source : head, "\r\n\""), source ? source : head);
}

static void on_bytes(conn_t *conn, const char *bytes, size_t len, const char *wanted) {
  if (conn->left < 0) {
    size_t taken = len < HEAD - conn->head_len ? len : HEAD - conn->head_len;
    memcpy(conn->head + conn->head_len, bytes, taken);
    conn->head_len += taken;
    conn->head[conn->head_len] = 0;
    char *end = strstr(conn->head, "\r\n\r\n");
    if (!end && conn->head_len == HEAD) fail("an answer's head is too long");
    if (!end) return;
    end[2] = 0;
    const char *length = strcasestr(conn->head, "\ncontent-length:");
    if (!length) fail("an answer does not say its length");
    conn->left = atol(length + 16) - (long)(conn->head_len - (end + 4 - conn->head)) - (long)(len - taken);
  } else conn->left -= (long)len;
  if (conn->left > 0) return;
  late_us[seen++] = (now_ns() - due_ns(conn->asked)) / 1000;
  judge(conn->head, wanted);
  free_conns[free_count++] = conn - conns;
}

static int by_size(const void *a, const void *b) {
  const uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
  return (one > other) - (one < other);
}

static uint32_t at(unsigned percent) { return late_us[(count * (uint64_t)percent + 99) / 100 - 1]; }

static void arm(int timer) {
  // Nothing to wake up for: the next question is due already and waits for a connection, or there is none.
  const uint64_t due = next < count && free_count > 0 ? due_ns(next) : begin_ns + count * step_ns + ANSWERS_NS;
  const struct itimerspec at = {.it_value = {.tv_sec = due / 1000000000ull, .tv_nsec = due % 1000000000ull}};
  timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
}

int main(int argc, char **argv) {
  if (argc != 7) fail("asker HOST PORT PER_SECOND COUNT CONNECTIONS WANTED");
  const char *wanted = argv[6];
  const unsigned connections = atoi(argv[5]);
  count = atoi(argv[4]);
  if (atoi(argv[3]) < 1 || count < 1 || connections < 1 || connections > MOST_CONNECTIONS) fail("numbers");
  step_ns = 1000000000ull / atoi(argv[3]);
  read_paths(argv[1], argv[2]);
  if (request_count == 0) fail("no paths");
  late_us = malloc(count * sizeof *late_us);
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[2]))};
  if (!late_us || inet_pton(AF_INET, argv[1], &server.sin_addr) != 1) fail("HOST is an IPv4 address");

  const int epoll = epoll_create1(0), timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = TIMER};
  epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &event);
  for (unsigned index = 0; index < connections; index++) {
    const int fd = conns[index].fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&server, sizeof server) < 0) fail("cannot connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    event.data.u32 = index;
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    free_conns[free_count++] = index;
  }

  static char buffer[1 << 20];
  struct epoll_event events[64];
  begin_ns = now_ns() + 20000000;
  while (seen < count) {
    while (next < count && free_count > 0 && due_ns(next) <= now_ns()) ask(&conns[free_conns[--free_count]]);
    arm(timer);
    const int ready = epoll_wait(epoll, events, 64, -1);
    for (int i = 0; i < ready; i++) {
      if (events[i].data.u32 == TIMER) {
        uint64_t ticks;
        if (read(timer, &ticks, sizeof ticks) < 0 && errno != EAGAIN) fail("timer");
        errno = 0;
        if (now_ns() > begin_ns + count * step_ns + ANSWERS_NS) fail("some answers did not come in 10 s");
        continue;
      }
      conn_t *conn = &conns[events[i].data.u32];
      const ssize_t len = read(conn->fd, buffer, sizeof buffer);
      if (len <= 0) fail("a connection was closed");
      on_bytes(conn, buffer, len, wanted);
    }
  }
  qsort(late_us, count, sizeof *late_us, by_size);
  printf("{\"p50Us\":%u,\"p95Us\":%u,\"p99Us\":%u,\"wrong\":%u,\"firstWrong\":\"%s\"}\n", at(50), at(95), at(99), wrong, first_wrong);
  return 0;
}
