//! The task of one connection: frames in, decoded and checked; frames out, in their order.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, ready};

use effigy_proto::{ErrorCode, Frame, Garbage, Message};
use futures_util::{SinkExt, StreamExt};
use tokio::time::{Instant, Sleep, sleep, timeout};

use crate::bucket::Bucket;
use crate::inbox::{Arrival, Deaf, Inbox, Messages, News};
use crate::limits::{LINGER, LINGER_PAUSE, Limits, MESSAGES, TURN_BYTES, UNPROVEN_BYTES};
use crate::line::{Line, Turn};
use crate::outbox::{self, Next};
use crate::socket::{Broken, Incoming, Outgoing, Reason, Socket};
use crate::tally::Tally;

/// What all connections of a world share.
pub(crate) struct Office {
    /// Grows by one whenever the world looks after its connections.
    pub(crate) beat: AtomicU32,
    pub(crate) inbox: Inbox,
    pub(crate) limits: Limits,
    pub(crate) tally: Arc<Tally>,
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum End {
    /// The other side is gone, or takes nothing any more.
    Gone,
    /// There may be last words on their way.
    Parted,
}

/// Serves a connection until it ends, whoever ends it, and tells the node.
pub(crate) async fn run(socket: impl Socket, line: &Arc<Line>, office: &Arc<Office>) {
    office.tally.sockets.up();
    office.tally.sockets_total.add(1);
    let mut task = Task::new(socket, line, office);
    let end = poll_fn(|context| task.poll(context)).await;
    office.tally.sockets.down();
    line.part(&office.tally);
    let _ = office.inbox.tell(line.link, News::Gone);
    if end == End::Parted {
        // Closing with unread bytes would destroy the last words on their way to the other side.
        let rest = async {
            let _ = task.socket.flush().await;
            while let Some(Ok(_)) = task.socket.next().await {
                // Whoever goes on talking is not listened to faster than that.
                sleep(LINGER_PAUSE).await;
            }
        };
        // Apart, or every connection would keep room for it.
        let _ = Box::pin(timeout(LINGER, rest)).await;
    }
}

struct Task<'a, S> {
    bucket: Bucket,
    /// What the frames cost that are being written.
    in_flight: usize,
    line: &'a Arc<Line>,
    office: &'a Office,
    /// Binary frames that are being written.
    pieces: u32,
    socket: S,
    stage: Stage,
    /// Set while the other side has said too much: until then nothing is read.
    throttle: Option<Pin<Box<Sleep>>>,
    /// Set when the end is announced: until then it waits for what is to be sent.
    until: Option<Pin<Box<Sleep>>>,
}

/// How far a connection is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stage {
    Open,
    /// A frame was too long, and the node is telling so.
    TooLong,
    /// The close was written.
    Closing,
}

impl<'a, S: Socket> Task<'a, S> {
    fn new(socket: S, line: &'a Arc<Line>, office: &'a Office) -> Self {
        let bucket = Bucket::new(office.limits.rate, Instant::now());
        let (in_flight, pieces, stage) = (0, 0, Stage::Open);
        let (throttle, until) = (None, None);
        Self { bucket, in_flight, line, office, pieces, socket, stage, throttle, until }
    }

    /// Does what can be done now.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<End> {
        self.line.waker.register(context.waker());
        loop {
            let was_low = self.line.outbox.is_low();
            // Reading first: what came before the other side closed still counts.
            // Behind the answer to a close nothing may be written any more.
            if let Poll::Ready(end) = self.poll_read(context) {
                return Poll::Ready(end);
            }
            if let Poll::Ready(end) = self.poll_write(context) {
                return Poll::Ready(end);
            }
            // Who did not take the answers has taken them: he may say more.
            if was_low || !self.line.outbox.is_low() {
                return self.poll_end(context);
            }
        }
    }

    /// Gives up when the other side reads too slowly, or what is to be said takes too long to leave.
    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<End> {
        match self.line.outbox.ended() {
            None => return Poll::Pending,
            Some(Reason::Silent | Reason::Slow) => return Poll::Ready(End::Gone),
            Some(_) => (),
        }
        let until = self.until.get_or_insert_with(|| Box::pin(sleep(LINGER)));
        until.as_mut().poll(context).map(|()| End::Gone)
    }

    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<End> {
        loop {
            while self.stage != Stage::Closing {
                match self.socket.poll_ready_unpin(context) {
                    Poll::Pending => break,
                    Poll::Ready(Ok(())) => (),
                    Poll::Ready(Err(_)) => return Poll::Ready(End::Parted),
                }
                let outgoing = match self.line.outbox.next() {
                    Next::Nothing => break,
                    Next::Ping => Outgoing::Ping,
                    Next::Close(reason) => {
                        self.stage = Stage::Closing;
                        Outgoing::Close(reason)
                    }
                    Next::Frame(frame) => self.count_out(frame),
                };
                if self.socket.start_send_unpin(outgoing).is_err() {
                    return Poll::Ready(End::Parted);
                }
            }
            if ready!(self.socket.poll_flush_unpin(context)).is_err() || self.tell_sent().is_err() {
                return Poll::Ready(End::Parted);
            }
            if self.stage == Stage::Closing {
                return Poll::Ready(End::Parted);
            }
            if self.in_flight == 0 {
                return Poll::Pending;
            }
            self.in_flight = 0;
        }
    }

    fn count_out(&mut self, frame: Frame) -> Outgoing {
        self.office.tally.messages_out.add(1);
        self.office.tally.bytes_out.add(frame.len() as u64);
        self.in_flight = self.in_flight.saturating_add(outbox::cost(&frame));
        match frame {
            Frame::Binary(bytes) => {
                self.pieces = self.pieces.saturating_add(1);
                Outgoing::Binary(bytes)
            }
            Frame::Text(text) => Outgoing::Text(text),
        }
    }

    /// Everything that was being written has left.
    fn tell_sent(&mut self) -> Result<(), Deaf> {
        self.line.outbox.sent(self.in_flight);
        for _ in 0..std::mem::take(&mut self.pieces) {
            self.office.inbox.tell(self.line.link, News::Drained)?;
        }
        Ok(())
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<End> {
        loop {
            if self.line.is_with_node() {
                return Poll::Pending;
            }
            match self.stage {
                Stage::Closing => return Poll::Pending,
                Stage::TooLong => {
                    // The node has said so by now.
                    self.line.blame();
                    self.line.outbox.end(Reason::TooLong);
                    return Poll::Pending;
                }
                Stage::Open => (),
            }
            if let Some(throttle) = &mut self.throttle {
                ready!(throttle.as_mut().poll(context));
                self.throttle = None;
            }
            if !self.line.outbox.is_low() || !self.office.inbox.has_room(context) {
                return Poll::Pending;
            }
            if self.line.is_proved() {
                self.socket.trust();
            }
            let (end, any) = self.read_some(context);
            if let Some(end) = end {
                return Poll::Ready(end);
            }
            if !any {
                return Poll::Pending;
            }
        }
    }

    /// Reads as many messages as one turn may have, and hands them to the node. Tells whether there
    /// were any.
    fn read_some(&mut self, context: &mut Context<'_>) -> (Option<End>, bool) {
        // Who has not proved anything says one thing at a time: what it is decides about the next.
        let most = if self.line.is_proved() { MESSAGES } else { 1 };
        let (mut messages, mut bytes, mut n_read) = (Messages::new(), 0_usize, 0_u32);
        let mut end = None;
        while messages.len() < most && bytes < TURN_BYTES && n_read < MESSAGES as u32 {
            let Poll::Ready(incoming) = self.socket.poll_next_unpin(context) else { break };
            n_read = n_read.saturating_add(1);
            match incoming {
                Some(Ok(Incoming::Alive)) => (),
                Some(Ok(Incoming::Binary(content))) => {
                    bytes = bytes.saturating_add(content.len());
                    let decoded = self.look(content.len(), || Message::decode_binary(&content));
                    messages.push_back(decoded);
                }
                Some(Ok(Incoming::Text(text))) => {
                    bytes = bytes.saturating_add(text.len());
                    messages.push_back(self.look_at_text(text));
                }
                Some(Err(Broken::TooLong)) => {
                    self.office.tally.oversize.add(1);
                    self.stage = Stage::TooLong;
                    messages.push_back(Err(Garbage::TooLong));
                    break;
                }
                None | Some(Ok(Incoming::Closed) | Err(Broken::Lost)) => {
                    end = Some(End::Parted);
                    break;
                }
            }
        }
        if n_read > 0 {
            self.line.heard.store(self.office.beat.load(Ordering::Relaxed), Ordering::Relaxed);
            self.charge(n_read);
        }
        if !messages.is_empty() && self.hand_in(messages, bytes).is_err() {
            end = Some(End::Parted);
        }
        (end, n_read > 0)
    }

    /// Decodes a text. Whoever was accepted talks to a hub.
    fn look_at_text(&self, text: String) -> Result<Message, Garbage> {
        let length = text.len();
        if self.line.is_accepted() {
            match self.look(length, || Message::decode_at_hub(text)) {
                Ok(Message::LinkClaim { .. }) if !self.line.may_guess() => {
                    Err(Garbage::Refused(ErrorCode::TooMuch))
                }
                looked => looked,
            }
        } else {
            self.look(length, || Message::decode_text(&text))
        }
    }

    /// Decodes a message, unless somebody who has proved nothing asks for more work than a beginning
    /// needs.
    fn look(
        &self,
        length: usize,
        decode: impl FnOnce() -> Result<Message, Garbage>,
    ) -> Result<Message, Garbage> {
        self.office.tally.messages_in.add(1);
        self.office.tally.bytes_in.add(length as u64);
        let is_stranger = self.line.is_accepted() && !self.line.is_proved();
        if is_stranger && length > UNPROVEN_BYTES { Err(Garbage::TooLong) } else { decode() }
    }

    fn hand_in(&self, messages: Messages, bytes: usize) -> Result<(), Deaf> {
        let news = News::Received(messages, Turn::of(self.line));
        self.office.inbox.put(Arrival { link: self.line.link, news }, bytes)
    }

    /// Takes tokens for what was read. When there are none, nothing more is read for a while.
    fn charge(&mut self, n_read: u32) {
        if !self.line.is_accepted() {
            return;
        }
        let now = Instant::now();
        let pauses = (0..n_read).map(|_| self.bucket.take(now));
        let pause = pauses.max().unwrap_or_default().max(self.line.charge(n_read));
        if !pause.is_zero() {
            self.office.tally.throttled.add(1);
            self.throttle = Some(Box::pin(sleep(pause)));
        }
    }
}
