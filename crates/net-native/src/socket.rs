//! A WebSocket as the rest of this crate sees it, whoever made it.

use std::pin::Pin;
use std::task::{Context, Poll};

use effigy_core::limits::MESSAGE_BYTES;
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::Error;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Message};

/// What arrives.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Incoming {
    /// A ping or a pong: somebody is there.
    Alive,
    /// A binary frame.
    Binary(Bytes),
    /// The other side closes.
    Closed,
    /// A text frame.
    Text(String),
}

/// What is sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outgoing {
    /// A binary frame.
    Binary(Vec<u8>),
    /// The end, and why.
    Close(Reason),
    /// Are you there?
    Ping,
    /// A text frame.
    Text(String),
}

/// Why a connection is closed by this side.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reason {
    /// This side goes away.
    Away,
    /// Nothing is wrong.
    Done,
    /// A rule was broken.
    Rules,
    /// The other side gave no sign of life.
    Silent,
    /// The other side reads too slowly.
    Slow,
    /// A frame was longer than any message may be.
    TooLong,
}

impl Reason {
    /// The close code of RFC 6455, section 7.4.
    pub const fn code(self) -> u16 {
        match self {
            Self::Away => 1001,
            Self::Done => 1000,
            Self::Rules | Self::Silent | Self::Slow => 1008,
            Self::TooLong => 1009,
        }
    }

    /// The words beside the code.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Away => "going away",
            Self::Done => "",
            Self::Rules => "against the rules",
            Self::Silent => "no sign of life",
            Self::Slow => "reads too slowly",
            Self::TooLong => "message too long",
        }
    }
}

/// Nothing more will come or go.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Broken {
    /// The connection is gone, or its frames make no sense.
    #[error("the connection is gone")]
    Lost,
    /// A frame or message is longer than any may be.
    #[error("a message is too long")]
    TooLong,
}

/// A WebSocket of any origin.
pub trait Socket:
    Stream<Item = Result<Incoming, Broken>> + Sink<Outgoing, Error = Broken> + Send + Unpin
{
    /// The other side proved who it is: it may say more at once.
    fn trust(&mut self) {}
}

/// The sizes that a dialled socket is given: no frame is longer than a message, because browsers send
/// a message as one frame.
pub(crate) fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(4096)
        .write_buffer_size(0)
        .max_write_buffer_size(1024 * 1024)
        .max_message_size(Some(MESSAGE_BYTES))
        .max_frame_size(Some(MESSAGE_BYTES))
}

/// The answer to the key of a handshake, as RFC 6455 computes it.
pub fn accept_key(key: &[u8]) -> String {
    derive_accept_key(key)
}

/// A WebSocket that was dialled, of tungstenite.
pub(crate) struct Dialled<S>(pub(crate) WebSocketStream<S>);

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Socket for Dialled<S> {}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream for Dialled<S> {
    type Item = Result<Incoming, Broken>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.0.poll_next_unpin(context);
        next.map(|next| next.map(|message| message.map(incoming).map_err(|error| broken(&error))))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Sink<Outgoing> for Dialled<S> {
    type Error = Broken;

    fn poll_ready(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        self.0.poll_ready_unpin(context).map_err(|error| broken(&error))
    }

    fn start_send(mut self: Pin<&mut Self>, outgoing: Outgoing) -> Result<(), Broken> {
        self.0.start_send_unpin(message(outgoing)).map_err(|error| broken(&error))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        self.0.poll_flush_unpin(context).map_err(|error| broken(&error))
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        self.0.poll_close_unpin(context).map_err(|error| broken(&error))
    }
}

/// What an error of tungstenite comes down to.
const fn broken(error: &Error) -> Broken {
    match error {
        Error::Capacity(_) => Broken::TooLong,
        _ => Broken::Lost,
    }
}

fn incoming(message: Message) -> Incoming {
    match message {
        Message::Binary(bytes) => Incoming::Binary(bytes),
        Message::Close(_) => Incoming::Closed,
        Message::Frame(_) | Message::Ping(_) | Message::Pong(_) => Incoming::Alive,
        Message::Text(text) => Incoming::Text(text.as_str().to_owned()),
    }
}

fn message(outgoing: Outgoing) -> Message {
    match outgoing {
        Outgoing::Binary(bytes) => Message::Binary(bytes.into()),
        Outgoing::Close(reason) => Message::Close(Some(CloseFrame {
            code: CloseCode::from(reason.code()),
            reason: reason.words().into(),
        })),
        Outgoing::Ping => Message::Ping(Bytes::new()),
        Outgoing::Text(text) => Message::Text(text.into()),
    }
}
