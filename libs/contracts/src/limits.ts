// Every limit that a person or a program can run into, once. The form, the route, the socket and the workers
// all read it here, so they refuse the same things with the same numbers.

/** Longest post, in user-perceived characters (graphemes) and in bytes of UTF-8. */
export const TEXT_GRAPHEMES = 500
export const TEXT_BYTES = 4096

/** Longest pseudo, in graphemes and in bytes of UTF-8 (the `pseudo` column's width). */
export const PSEUDO_GRAPHEMES = 30
export const PSEUDO_BYTES = 120

/** Longest channel name, in characters (all of them ASCII). */
export const CHANNEL_CHARACTERS = 64

/** Largest HTTP request body and largest WebSocket frame from a client, in bytes. */
export const HTTP_BODY_BYTES = 16 * 1024
export const CLIENT_FRAME_BYTES = 64 * 1024

/** Largest frame to a client and largest body that a service makes, in bytes. */
export const FRAME_BYTES = 512 * 1024

/** Most posts in one message between services, and in one hand-made command. */
export const BATCH_POSTS = 500
export const COMMAND_POSTS = 100

/** A page of the wall: default and largest number of entries. */
export const PAGE_DEFAULT = 50
export const PAGE_LARGEST = 200

/** The newest entries that Redis and a gateway keep of a channel, and the most a resumed socket is sent. */
export const WINDOW_ENTRIES = 500

/** Channels that one socket may watch at a time. */
export const SOCKET_CHANNELS = 50

/** Every this many milliseconds a gateway pings its sockets and tells them the positions of their channels. */
export const HEARTBEAT_MS = 25_000
