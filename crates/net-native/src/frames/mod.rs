//! The frames of an accepted WebSocket (RFC 6455, the server's side), over any stream of bytes.
//!
//! tungstenite reads and writes the headers. What is in between stands here for the sake of those
//! who are connected and silent: tungstenite keeps a buffer to read into and the longest frame ever
//! written for each connection; here a connection has bytes in memory only while a message is on its
//! way.

use std::cell::RefCell;
use std::io::Cursor;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use effigy_core::limits::MESSAGE_BYTES;
use futures_util::{Sink, Stream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use crate::limits::UNPROVEN_BYTES;
use crate::socket::{Broken, Incoming, Outgoing, Socket};

/// Bytes that are read at once, into memory that all connections of a thread share.
const READ_BYTES: usize = 64 * 1024;
/// From how many written bytes on they are sent before more are taken.
const WRITE_BYTES: usize = 64 * 1024;
/// Longest content of a control frame (RFC 6455, 5.5).
const CONTROL_BYTES: u64 = 125;
/// What a frame that is only a piece of a message counts for beside its bytes.
const PIECE_COST: usize = 64;

thread_local! {
    static READING: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES]);
}

/// A WebSocket that somebody else opened, after the handshake.
#[derive(Debug)]
pub struct Frames<S> {
    stream: S,
    /// What was read and not yet understood; without memory of its own while that is nothing.
    unread: Vec<u8>,
    /// How much of it is understood.
    read: usize,
    pieces: Option<Pieces>,
    /// What is to be sent; without memory of its own while that is nothing.
    unsent: Vec<u8>,
    /// How much of it is sent.
    sent: usize,
    /// Nothing is read any more: the other side closed, or made no sense.
    is_over: bool,
    /// This side has said that it closes.
    is_closing: bool,
    /// Longest message that is taken.
    limit: usize,
}

/// The beginning of a message that comes in several frames.
#[derive(Debug)]
struct Pieces {
    bytes: Vec<u8>,
    /// What they count for: each is work, however short it is.
    cost: usize,
    is_text: bool,
}

/// A whole frame.
struct Frame {
    header: FrameHeader,
    content: std::ops::Range<usize>,
}

impl<S> Frames<S> {
    /// A WebSocket over a stream from which these bytes were read already, behind the handshake.
    pub fn new(stream: S, first: &[u8]) -> Self {
        Self {
            stream,
            unread: first.to_vec(),
            read: 0,
            pieces: None,
            unsent: Vec::new(),
            sent: 0,
            is_over: false,
            is_closing: false,
            limit: UNPROVEN_BYTES,
        }
    }

    /// The next message among what was read; `None` when there is none whole.
    fn take(&mut self) -> Result<Option<Incoming>, Broken> {
        loop {
            let unread = self.unread.get(self.read..).unwrap_or_default();
            let spent = self.pieces.as_ref().map_or(0, |pieces| pieces.cost);
            let Some(frame) = frame(unread, spent, self.limit)? else { return Ok(None) };
            let start = self.read.saturating_add(frame.content.start);
            let end = self.read.saturating_add(frame.content.end);
            let content = self.unread.get_mut(start..end).unwrap_or_default();
            unmask(content, frame.header.mask.unwrap_or_default());
            let content = content.to_vec();
            self.read = end;
            if self.read == self.unread.len() {
                (self.unread, self.read) = (Vec::new(), 0);
            }
            if let Some(incoming) = self.understand(&frame.header, content)? {
                return Ok(Some(incoming));
            }
        }
    }

    /// What a frame says; `None` for a piece of a message.
    fn understand(
        &mut self,
        header: &FrameHeader,
        content: Vec<u8>,
    ) -> Result<Option<Incoming>, Broken> {
        let is_text = match header.opcode {
            OpCode::Control(Control::Close) => {
                self.is_over = true;
                self.say_close(&content);
                return Ok(Some(Incoming::Closed));
            }
            OpCode::Control(Control::Ping) => {
                // Who asks and does not take the answers need not be answered each time.
                if self.unsent.len() < WRITE_BYTES {
                    self.write(OpCode::Control(Control::Pong), &content);
                }
                return Ok(Some(Incoming::Alive));
            }
            OpCode::Control(_) => return Ok(Some(Incoming::Alive)),
            OpCode::Data(Data::Continue) => {
                let mut pieces = self.pieces.take().ok_or(Broken::Lost)?;
                pieces.bytes.extend_from_slice(&content);
                pieces.cost = pieces.cost.saturating_add(content.len() + PIECE_COST);
                if header.is_final {
                    return message(pieces.is_text, pieces.bytes).map(Some);
                }
                self.pieces = Some(pieces);
                return Ok(None);
            }
            OpCode::Data(kind) => kind == Data::Text,
        };
        if self.pieces.is_some() {
            return Err(Broken::Lost);
        }
        if header.is_final {
            return message(is_text, content).map(Some);
        }
        let cost = content.len() + PIECE_COST;
        self.pieces = Some(Pieces { bytes: content, cost, is_text });
        Ok(None)
    }

    fn say_close(&mut self, content: &[u8]) {
        if !self.is_closing {
            self.is_closing = true;
            self.write(OpCode::Control(Control::Close), content);
        }
    }

    fn write(&mut self, opcode: OpCode, content: &[u8]) {
        let header = FrameHeader { opcode, ..FrameHeader::default() };
        // Writing to memory cannot fail.
        let _ = header.format(content.len() as u64, &mut self.unsent);
        self.unsent.extend_from_slice(content);
    }
}

impl<S: AsyncRead + Unpin> Frames<S> {
    /// Reads what there is; 0 bytes at the end.
    fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<Result<usize, Broken>> {
        READING.with_borrow_mut(|memory| {
            let mut buffer = ReadBuf::new(memory);
            let done = ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer));
            done.map_err(|_| Broken::Lost)?;
            if self.read > 0 {
                self.unread.drain(..self.read);
                self.read = 0;
            }
            self.unread.extend_from_slice(buffer.filled());
            Poll::Ready(Ok(buffer.filled().len()))
        })
    }
}

impl<S: AsyncRead + Unpin> Stream for Frames<S> {
    type Item = Result<Incoming, Broken>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if self.is_over {
                return Poll::Ready(None);
            }
            match self.take() {
                Ok(None) => (),
                Ok(Some(incoming)) => return Poll::Ready(Some(Ok(incoming))),
                Err(broken) => {
                    self.is_over = true;
                    return Poll::Ready(Some(Err(broken)));
                }
            }
            match ready!(self.poll_fill(context)) {
                Ok(0) => return Poll::Ready(None),
                Ok(_) => (),
                Err(broken) => return Poll::Ready(Some(Err(broken))),
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Socket for Frames<S> {
    fn trust(&mut self) {
        self.limit = MESSAGE_BYTES;
    }
}

impl<S: AsyncWrite + Unpin> Sink<Outgoing> for Frames<S> {
    type Error = Broken;

    fn poll_ready(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        if self.unsent.len() < WRITE_BYTES { Poll::Ready(Ok(())) } else { self.poll_flush(context) }
    }

    fn start_send(mut self: Pin<&mut Self>, outgoing: Outgoing) -> Result<(), Broken> {
        // RFC 6455, 5.5.1: behind a close nothing is sent any more.
        if self.is_closing {
            return Ok(());
        }
        match outgoing {
            Outgoing::Binary(bytes) => self.write(OpCode::Data(Data::Binary), &bytes),
            Outgoing::Close(reason) => {
                let content = [&reason.code().to_be_bytes(), reason.words().as_bytes()].concat();
                self.say_close(&content);
            }
            Outgoing::Ping => self.write(OpCode::Control(Control::Ping), &[]),
            Outgoing::Text(text) => self.write(OpCode::Data(Data::Text), text.as_bytes()),
        }
        Ok(())
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        let this = &mut *self;
        while let Some(rest) = this.unsent.get(this.sent..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut this.stream).poll_write(context, rest)) {
                Ok(0) | Err(_) => return Poll::Ready(Err(Broken::Lost)),
                Ok(n) => this.sent = this.sent.saturating_add(n),
            }
        }
        (this.unsent, this.sent) = (Vec::new(), 0);
        Pin::new(&mut this.stream).poll_flush(context).map_err(|_| Broken::Lost)
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        ready!(self.as_mut().poll_flush(context))?;
        Pin::new(&mut self.stream).poll_shutdown(context).map_err(|_| Broken::Lost)
    }
}

/// The first frame of these bytes, if it is whole, of a message with this limit of which so much is
/// spent.
fn frame(bytes: &[u8], spent: usize, limit: usize) -> Result<Option<Frame>, Broken> {
    let mut cursor = Cursor::new(bytes);
    let parsed = FrameHeader::parse(&mut cursor).map_err(|_| Broken::Lost)?;
    let Some((header, length)) = parsed else { return Ok(None) };
    // Extensions were not agreed on, and whoever dials masks what it says.
    let is_strange = header.rsv1 || header.rsv2 || header.rsv3 || header.mask.is_none();
    let is_control = matches!(header.opcode, OpCode::Control(_));
    if is_strange || (is_control && (length > CONTROL_BYTES || !header.is_final)) {
        return Err(Broken::Lost);
    }
    if !is_control && length.saturating_add(spent as u64) > limit as u64 {
        return Err(Broken::TooLong);
    }
    let (start, length) = (cursor.position() as usize, length as usize);
    let content = start..start.saturating_add(length);
    Ok((content.end <= bytes.len()).then_some(Frame { header, content }))
}

fn message(is_text: bool, content: Vec<u8>) -> Result<Incoming, Broken> {
    if !is_text {
        return Ok(Incoming::Binary(content.into()));
    }
    String::from_utf8(content).map(Incoming::Text).map_err(|_| Broken::Lost)
}

/// Takes the mask off, or puts it on.
fn unmask(bytes: &mut [u8], mask: [u8; 4]) {
    let (wide, rest) = bytes.as_chunks_mut::<4>();
    let key = u32::from_ne_bytes(mask);
    for chunk in wide {
        *chunk = (u32::from_ne_bytes(*chunk) ^ key).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(mask) {
        *byte ^= key;
    }
}

#[cfg(test)]
mod tests;
