// reader HOST PORT PATH SUBPROTOCOL: opens WebSockets, counts what comes, answers pings. Lines on standard input:
//   hello TEXT   a frame to send after the upgrade (\n, \0 and \\ in it; %last% and %epoch% are the socket's own)
//   hellos none  forgets those
//   open N       opens N more
//   redial       closes all at once and opens them anew
//   reset        counts from 0, and says so
//   report       says the counts
// It says a line of JSON when all are connected, when all got a first frame, and when a post has reached all. It ends
// with its standard input.
#define _GNU_SOURCE
#include "reader.h"
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST 65536
#define BUFFER (4 << 20)
#define INPUT UINT32_MAX
// A server's queue of connections to be accepted is 511 long in Node.
#define IN_FLIGHT 400
#define NAP_NS 500000
#define HELLOS 8
#define RETRY_NS 50000000ull

static conn_t conns[MOST];
static unsigned crowd, connected, greeted, in_flight;
// Whom to dial, in order.
static unsigned queue[MOST], queue_from, queue_len;
static char hellos[HELLOS][4096];
static size_t hello_lens[HELLOS];
static unsigned hello_count;
static char upgrade[2048];
static struct sockaddr_in server;
static int epoll;
static uint64_t dialled_at, pause_until;
static char buffer[BUFFER];

uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000ull + time.tv_nsec;
}

static void enqueue(unsigned index) { queue[(queue_from + queue_len++) % MOST] = index; }

static void close_conn(conn_t *conn) {
  if (conn->state == CLOSED) return;
  if (conn->state == OPEN) connected--;
  else in_flight--;
  if (conn->greeted) greeted--;
  conn->greeted = 0;
  conn->carry_len = 0;
  conn->state = CLOSED;
  close(conn->fd);
}

static void lose(conn_t *conn, const char *why) {
  if (conn->state == OPEN) {
    count_closed();
    printf("{\"event\":\"closed\"}\n");
    close_conn(conn);
    return;
  }
  static unsigned said;
  if (said++ < 20) printf("{\"event\":\"failed\",\"why\":\"%.60s\"}\n", why);
  close_conn(conn);
  count_redial();
  enqueue(conn - conns);
  pause_until = now_ns() + RETRY_NS;
}

static void dial(unsigned index) {
  conn_t *conn = &conns[index];
  conn->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (conn->fd < 0) {
    printf("{\"event\":\"failed\",\"why\":\"%s\"}\n", strerror(errno));
    exit(1);
  }
  conn->state = CONNECTING;
  in_flight++;
  struct epoll_event event = {.events = EPOLLOUT, .data.u32 = index};
  epoll_ctl(epoll, EPOLL_CTL_ADD, conn->fd, &event);
  if (connect(conn->fd, (struct sockaddr *)&server, sizeof server) < 0 && errno != EINPROGRESS) lose(conn, strerror(errno));
}

static void on_connected(conn_t *conn) {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error) return lose(conn, strerror(error));
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = conn - conns};
  epoll_ctl(epoll, EPOLL_CTL_MOD, conn->fd, &event);
  conn->state = UPGRADING;
  if (send(conn->fd, upgrade, strlen(upgrade), MSG_NOSIGNAL) < 0) lose(conn, strerror(errno));
}

static void say_hello(conn_t *conn) {
  for (unsigned i = 0; i < hello_count; i++) {
    char text[4096], own[32];
    size_t len = 0;
    snprintf(own, sizeof own, "%lld", conn->last < 0 ? 0 : conn->last);
    for (size_t at = 0; at < hello_lens[i] && len < sizeof text - 80;) {
      const char *put = hellos[i] + at;
      size_t size = 1;
      if (!strncmp(put, "%last%", 6)) at += 6, put = own, size = strlen(own);
      else if (!strncmp(put, "%epoch%", 7)) at += 7, put = epoch, size = strlen(epoch);
      else at++;
      memcpy(text + len, put, size);
      len += size;
    }
    send_text(conn, text, len);
  }
}

void on_data_frame(conn_t *conn, const char *payload, size_t len, uint64_t now) {
  if (!conn->greeted) {
    conn->greeted = 1;
    count_greeting((now - dialled_at) / 1000);
    if (++greeted == crowd) printf("{\"event\":\"greeted\",\"n\":%u}\n", crowd);
  }
  count_frame(conn, payload, len, now, crowd);
}

static void on_readable(conn_t *conn) {
  size_t had = conn->carry_len;
  if (had) memcpy(buffer, conn->carry, had);
  ssize_t got = recv(conn->fd, buffer + had, BUFFER - had - 1, 0);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) return lose(conn, got < 0 ? strerror(errno) : "closed before the upgrade");
  uint64_t now = now_ns();
  char *data = buffer;
  size_t len = had + got;
  if (conn->state == UPGRADING) {
    data[len] = 0;
    char *end = memmem(data, len, "\r\n\r\n", 4);
    if (strncmp(data, "HTTP/1.1 101", len < 12 ? len : 12)) {
      data[strcspn(data, "\r\n\"")] = 0;
      return lose(conn, data);
    }
    if (!end) {
      keep(conn, data, len);
      return;
    }
    conn->state = OPEN;
    in_flight--;
    say_hello(conn);
    if (++connected == crowd) printf("{\"event\":\"connected\",\"n\":%u}\n", crowd);
    len -= end + 4 - data;
    data = end + 4;
  } else {
    count_bytes(got);
  }
  if (!take_frames(conn, data, len, now)) lose(conn, "closed");
}

static void unescape(char *text, size_t *len) {
  size_t to = 0;
  for (size_t from = 0; text[from]; from++) {
    if (text[from] == '\\' && text[from + 1]) {
      char next = text[++from];
      text[to++] = next == 'n' ? '\n' : next == 'r' ? '\r' : next == '0' ? 0 : next;
    } else {
      text[to++] = text[from];
    }
  }
  *len = to;
}

static void on_command(char *line) {
  if (!strncmp(line, "hello ", 6) && hello_count < HELLOS && strlen(line) < sizeof hellos[0]) {
    strcpy(hellos[hello_count], line + 6);
    unescape(hellos[hello_count], &hello_lens[hello_count]);
    hello_count++;
  } else if (!strcmp(line, "hellos none")) {
    hello_count = 0;
  } else if (!strncmp(line, "open ", 5)) {
    dialled_at = now_ns();
    for (unsigned more = atoi(line + 5); more && crowd < MOST; more--) {
      conns[crowd].last = -1;
      enqueue(crowd++);
    }
  } else if (!strcmp(line, "redial")) {
    dialled_at = now_ns();
    queue_len = 0;
    for (unsigned i = 0; i < crowd; i++) close_conn(&conns[i]);
    for (unsigned i = 0; i < crowd; i++) enqueue(i);
  } else if (!strcmp(line, "reset")) {
    reset_counts();
    printf("{\"event\":\"reset\"}\n");
  } else if (!strcmp(line, "report")) {
    print_report(connected);
  } else {
    printf("{\"event\":\"failed\",\"why\":\"unknown command\"}\n");
  }
}

static void on_input(void) {
  static char input[65536];
  static size_t used;
  ssize_t got = read(0, input + used, sizeof input - used - 1);
  if (got <= 0) exit(0);
  used += got;
  input[used] = 0;
  char *line = input, *end;
  for (; (end = strchr(line, '\n')); line = end + 1) {
    *end = 0;
    on_command(line);
  }
  used -= line - input;
  memmove(input, line, used);
}

int main(int argc, char **argv) {
  if (argc != 5) return fprintf(stderr, "reader HOST PORT PATH SUBPROTOCOL\n"), 2;
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atoi(argv[2]))};
  inet_pton(AF_INET, argv[1], &server.sin_addr);
  snprintf(upgrade, sizeof upgrade,
           "GET %s HTTP/1.1\r\nHost: %s:%s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s%s%s\r\n",
           argv[3], argv[1], argv[2], *argv[4] ? "Sec-WebSocket-Protocol: " : "", argv[4], *argv[4] ? "\r\n" : "");
  epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event input = {.events = EPOLLIN, .data.u32 = INPUT};
  epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &input);
  static struct epoll_event events[1024];
  for (;;) {
    int count = epoll_wait(epoll, events, 1024, queue_len && in_flight < IN_FLIGHT ? 10 : -1), commanded = 0;
    for (int i = 0; i < count; i++) {
      if (events[i].data.u32 == INPUT) {
        commanded = 1;
        continue;
      }
      conn_t *conn = &conns[events[i].data.u32];
      if (conn->state == CONNECTING) on_connected(conn);
      else if (conn->state != CLOSED) on_readable(conn);
    }
    // Last: a redial makes the other events stale.
    if (commanded) on_input();
    while (queue_len && in_flight < IN_FLIGHT && now_ns() >= pause_until) {
      unsigned index = queue[queue_from];
      queue_from = (queue_from + 1) % MOST;
      queue_len--;
      dial(index);
    }
    fflush(stdout);
    // While it sleeps here and not in epoll_wait, what comes wakes nobody: a wake-up is charged to whoever writes, and
    // browsers are not on the server's machine. What it reads is seen up to half a millisecond late.
    if (count && !queue_len && !in_flight) nanosleep(&(struct timespec){.tv_nsec = NAP_NS}, NULL);
  }
}
