//! The task of one connection: frames in, decoded and checked; frames out, in their order.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use effigy_proto::{Binding, Frame, Garbage, Link, Message};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout};

use crate::bucket::Bucket;
use crate::gate::Guest;
use crate::limits::{LINGER, Limits, UNPROVEN_BYTES};
use crate::outbox::{self, Next, Outbox};
use crate::socket::{Broken, Incoming, Outgoing, Reason, Socket};
use crate::tally::Tally;

/// What the task of a connection shares with the node's thread.
pub(crate) struct Line {
    guest: Option<Box<dyn Guest>>,
    link: Link,
    pub(crate) outbox: Outbox,
    proved: AtomicBool,
    /// One message of this connection at a time is with the node.
    turns: Arc<Semaphore>,
}

/// What all connections of a world share.
#[derive(Clone)]
pub(crate) struct Office {
    pub(crate) arrivals: mpsc::Sender<Arrival>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) tally: Arc<Tally>,
}

/// Something on its way to the node.
pub(crate) struct Arrival {
    pub(crate) link: Link,
    pub(crate) news: News,
    /// Given back when the node is through with a message.
    pub(crate) turn: Option<OwnedSemaphorePermit>,
}

/// What happened.
pub(crate) enum News {
    /// Somebody came in.
    Accepted(Binding, Arc<Line>),
    /// What was dialled is open.
    Dialled(Binding),
    /// A binary frame has left.
    Drained,
    /// The connection is gone.
    Gone,
    /// A message came.
    Received(Result<Message, Garbage>),
}

/// Nobody is there to be told: the node has ended.
pub(crate) struct Deaf;

/// Why nothing more is read.
enum End {
    Gone,
    Oversize,
    Silent,
}

impl Line {
    pub(crate) fn new(link: Link, unsent_bytes: usize, guest: Option<Box<dyn Guest>>) -> Self {
        Self {
            guest,
            link,
            outbox: Outbox::new(unsent_bytes),
            proved: AtomicBool::new(false),
            turns: Arc::new(Semaphore::new(1)),
        }
    }

    /// The session is open.
    pub(crate) fn prove(&self, tally: &Tally) {
        if self.proved.swap(true, Ordering::Relaxed) {
            return;
        }
        tally.sessions.up();
        tally.sessions_total.add(1);
        if let Some(guest) = &self.guest {
            guest.proved();
        }
    }

    /// A rule was broken on it.
    pub(crate) fn blame(&self) {
        if let Some(guest) = &self.guest {
            guest.misbehaved();
        }
    }

    const fn is_accepted(&self) -> bool {
        self.guest.is_some()
    }

    fn is_proved(&self) -> bool {
        self.proved.load(Ordering::Relaxed)
    }
}

impl Office {
    /// Tells the node something.
    pub(crate) async fn tell(&self, link: Link, news: News) -> Result<(), Deaf> {
        let arrival = Arrival { link, news, turn: None };
        self.arrivals.send(arrival).await.map_err(|_| Deaf)
    }
}

/// Counts a connection for as long as it lives.
struct Counted<'a>(&'a Line, &'a Tally);

impl<'a> Counted<'a> {
    fn new(line: &'a Line, tally: &'a Tally) -> Self {
        tally.sockets.up();
        tally.sockets_total.add(1);
        Self(line, tally)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.1.sockets.down();
        if self.0.is_proved() {
            self.1.sessions.down();
        }
    }
}

/// Serves a connection until it ends, whoever ends it, and tells the node.
pub(crate) async fn run(socket: impl Socket, line: &Line, office: &Office) {
    let counted = Counted::new(line, &office.tally);
    let (mut sink, mut stream) = socket.split();
    let is_worth_a_word = {
        let mut reading = pin!(read(&mut stream, line, office));
        let mut writing = pin!(write(&mut sink, line, office));
        tokio::select! {
            end = &mut reading => match end {
                End::Gone => true,
                End::Oversize => {
                    line.blame();
                    line.outbox.end(Reason::TooLong);
                    timeout(LINGER, writing).await.is_ok()
                }
                End::Silent => false,
            },
            () = &mut writing => true,
            () = cut(&line.outbox) => false,
        }
    };
    drop(counted);
    let _ = office.tell(line.link, News::Gone).await;
    if is_worth_a_word {
        // Closing with unread bytes would destroy the last words on their way to the other side.
        let rest = async { while let Some(Ok(_)) = stream.next().await {} };
        let _ = timeout(LINGER, rest).await;
    }
}

/// Waits until there is no use in waiting for the writer: the other side reads too slowly, or the
/// end is announced and what was to be said takes too long to leave.
async fn cut(outbox: &Outbox) {
    if outbox.is_ended().await != Reason::Slow {
        sleep(LINGER).await;
    }
}

async fn read<S: Socket>(stream: &mut SplitStream<S>, line: &Line, office: &Office) -> End {
    let limits = &office.limits;
    let mut bucket = Bucket::new(limits.rate, Instant::now());
    loop {
        line.outbox.is_low().await;
        let Ok(turn) = Arc::clone(&line.turns).acquire_owned().await else { return End::Gone };
        let incoming = match timeout(limits.silence, stream.next()).await {
            Ok(Some(Ok(incoming))) => incoming,
            Ok(Some(Err(Broken::TooLong))) => {
                office.tally.oversize.add(1);
                return too_long(turn, line, office).await;
            }
            Ok(None | Some(Err(Broken::Lost))) => return End::Gone,
            Err(_) => {
                office.tally.silent.add(1);
                return End::Silent;
            }
        };
        let message = match &incoming {
            Incoming::Alive => continue,
            Incoming::Binary(bytes) => look(line, bytes, || Message::decode_binary(bytes)),
            Incoming::Closed => return End::Gone,
            Incoming::Text(text) => look(line, text.as_bytes(), || Message::decode_text(text)),
        };
        office.tally.messages_in.add(1);
        office.tally.bytes_in.add(incoming.len() as u64);
        let arrival = Arrival { link: line.link, news: News::Received(message), turn: Some(turn) };
        if office.arrivals.send(arrival).await.is_err() {
            return End::Gone;
        }
        if line.is_accepted() {
            let pause = bucket.take(Instant::now());
            if !pause.is_zero() {
                office.tally.throttled.add(1);
                sleep(pause).await;
            }
        }
    }
}

/// Decodes a message, unless somebody who has proved nothing asks for more work than a beginning
/// needs.
fn look(
    line: &Line,
    bytes: &[u8],
    decode: impl FnOnce() -> Result<Message, Garbage>,
) -> Result<Message, Garbage> {
    let is_suspect = line.is_accepted() && !line.is_proved() && bytes.len() > UNPROVEN_BYTES;
    if is_suspect { Err(Garbage::TooLong) } else { decode() }
}

/// Has the node say what is wrong before the connection ends.
async fn too_long(turn: OwnedSemaphorePermit, line: &Line, office: &Office) -> End {
    let news = News::Received(Err(Garbage::TooLong));
    let arrival = Arrival { link: line.link, news, turn: Some(turn) };
    if office.arrivals.send(arrival).await.is_ok() {
        // It has done so when the turn comes back.
        let _ = line.turns.acquire().await;
    }
    End::Oversize
}

async fn write<S: Socket>(sink: &mut SplitSink<S, Outgoing>, line: &Line, office: &Office) {
    let every = office.limits.ping_every;
    let mut pings = interval_at(Instant::now() + every, every);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let next = tokio::select! {
            next = line.outbox.next() => next,
            _ = pings.tick(), if line.is_accepted() => {
                if sink.send(Outgoing::Ping).await.is_err() {
                    return;
                }
                continue;
            }
        };
        let frame = match next {
            Next::Frame(frame) => frame,
            Next::Close(reason) => {
                let _ = sink.send(Outgoing::Close(reason)).await;
                return;
            }
        };
        let (bytes, cost) = (frame.len() as u64, outbox::cost(&frame));
        let (outgoing, is_binary) = match frame {
            Frame::Binary(bytes) => (Outgoing::Binary(bytes), true),
            Frame::Text(text) => (Outgoing::Text(text), false),
        };
        if sink.send(outgoing).await.is_err() {
            return;
        }
        line.outbox.sent(cost);
        office.tally.messages_out.add(1);
        office.tally.bytes_out.add(bytes);
        if is_binary && office.tell(line.link, News::Drained).await.is_err() {
            return;
        }
    }
}

impl Incoming {
    fn len(&self) -> usize {
        match self {
            Self::Alive | Self::Closed => 0,
            Self::Binary(bytes) => bytes.len(),
            Self::Text(text) => text.len(),
        }
    }
}
