//! The bounds of every connection.

use std::time::Duration;

use effigy_core::limits::MESSAGE_BYTES;

/// What one connection may cost.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How long a dialled connection may take to open.
    pub dial: Duration,
    /// How often those who accept ask with a WebSocket ping whether the other side is there.
    pub ping_every: Duration,
    /// How many messages those who were accepted may send.
    pub rate: Rate,
    /// After how long without a sign of life a connection is closed.
    pub silence: Duration,
    /// Most bytes that wait to be sent; who reads slower than this is cut off.
    pub unsent_bytes: usize,
}

/// How many messages may come: so many at once, and so many more every second.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rate {
    /// Messages at once.
    pub burst: u32,
    /// Messages that are added every second.
    pub per_second: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            dial: Duration::from_secs(15),
            ping_every: Duration::from_secs(20),
            rate: Rate { burst: 500, per_second: 50 },
            silence: Duration::from_secs(45),
            unsent_bytes: 1024 * 1024,
        }
    }
}

/// How long a connection that is being closed may take to take its last words.
pub(crate) const LINGER: Duration = Duration::from_secs(2);
/// How long nothing is read after each message of somebody whose connection is being closed: what was on
/// its way comes in, and a flood costs no more than a few of its messages.
pub(crate) const LINGER_PAUSE: Duration = Duration::from_millis(20);
/// Bytes of messages of all connections that wait for the node. From here on nobody's next message is
/// read, so this and what one turn may have bound the memory of what is on its way in.
pub(crate) const INBOX_BYTES: usize = 16 * 1024 * 1024;
/// Messages of one connection that are with the node at a time: enough that a busy connection is not
/// woken for each, few enough that nobody waits long behind one that is busy.
pub(crate) const MESSAGES: usize = 8;
/// From how many bytes on a turn has no further message: two full lists, so that reading what one
/// connection says takes a thread no longer than a moment.
pub(crate) const TURN_BYTES: usize = 16 * 1024;
/// From how many connections on whose messages are with the node no others are taken out of the inbox.
pub(crate) const TURNS: usize = 64;
/// How often a world looks after its connections at most; how exactly silence is measured.
pub(crate) const BEAT: Duration = Duration::from_secs(1);
/// Longest message of somebody whose session is not open: nothing that has to be said before is
/// longer, and checking what is longer could cost more than asking did.
pub(crate) const UNPROVEN_BYTES: usize = 4 * 1024;
/// From how many unsent bytes on no further message of the same peer is read. Whoever asks and does
/// not take the answers waits for himself; only what others send him can fill his queue.
pub(crate) const PATIENT_BYTES: usize = MESSAGE_BYTES;
