//! A WebSocket as the rest of this crate sees it, whoever made it.

use std::future::{Ready, ready};

use effigy_core::limits::MESSAGE_BYTES;
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::Error;
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
            Self::Rules | Self::Slow => 1008,
            Self::TooLong => 1009,
        }
    }

    /// The words beside the code.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Away => "going away",
            Self::Done => "",
            Self::Rules => "against the rules",
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

impl Broken {
    /// What an error of a WebSocket library built on tungstenite comes down to.
    pub fn of(error: &(dyn std::error::Error + 'static)) -> Self {
        match error.downcast_ref::<Error>() {
            Some(Error::Capacity(_)) => Self::TooLong,
            _ => Self::Lost,
        }
    }
}

/// A WebSocket of any origin.
pub trait Socket:
    Stream<Item = Result<Incoming, Broken>> + Sink<Outgoing, Error = Broken> + Send + Unpin
{
}

impl<T> Socket for T where
    T: Stream<Item = Result<Incoming, Broken>> + Sink<Outgoing, Error = Broken> + Send + Unpin
{
}

/// The sizes that every socket here is given: small buffers, because there are many sockets, and no
/// frame longer than a message, because browsers send a message as one frame.
pub fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(4096)
        .write_buffer_size(0)
        .max_write_buffer_size(1024 * 1024)
        .max_message_size(Some(MESSAGE_BYTES))
        .max_frame_size(Some(MESSAGE_BYTES))
}

/// A socket of tungstenite.
pub(crate) fn adapt<S>(socket: WebSocketStream<S>) -> impl Socket
where
    S: AsyncRead + AsyncWrite + Send + Unpin,
{
    socket
        .map(|message| message.map(incoming).map_err(|error| Broken::of(&error)))
        .sink_map_err(|error: Error| Broken::of(&error))
        .with(|outgoing| -> Ready<Result<Message, Broken>> { ready(Ok(message(outgoing))) })
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
