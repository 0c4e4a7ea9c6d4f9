//! A WebSocket to a hub.
//!
//! Straight on the browser's interface: gloo-net copies every frame into our memory before anybody
//! can look at its length, and keeps them in a queue without a bound.

use effigy_proto::{Binding, Frame, Input, Link, Path};
use effigy_worker::Listener;
use wasm_bindgen::JsCast;
use web_sys::{BinaryType, MessageEvent};

use crate::inbox::Inbox;

/// Most bytes that wait to be sent. Who reads slower than this is cut off, for everybody's sake.
const UNSENT: usize = 1024 * 1024;
/// From how many unsent bytes on the other side is not listened to: it may only ask for more. With
/// the longest answer on top they stay within [`UNSENT`].
const FULL: usize = 256 * 1024;
/// From how few unsent bytes on there is room for the next piece of a blob.
const LOW: usize = 64 * 1024;
/// The close code for a broken rule: of those that a page may choose (1000, and 3000 to 4999) the
/// one that resembles 1008.
const RULES: u16 = 4_008;
const NORMAL: u16 = 1_000;

/// A WebSocket that is open or opening. Closed when dropped.
pub(crate) struct Socket {
    _listeners: [Listener; 3],
    /// Binary frames of which nobody has been told yet that they left.
    owed: usize,
    reason: Option<&'static str>,
    socket: web_sys::WebSocket,
}

/// What cannot be sent any more.
pub(crate) struct Cut;

impl Socket {
    /// Begins to open a socket to `<origin>/ws`, or says at once that there is none to be had.
    pub(crate) fn open(link: Link, origin: &str, inbox: &Inbox) -> Option<Self> {
        let address = match origin.split_once("://") {
            Some(("https", place)) => format!("wss://{place}/ws"),
            Some(("http", place)) => format!("ws://{place}/ws"),
            _ => return None,
        };
        let socket = web_sys::WebSocket::new(&address).ok()?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let (on_open, on_message, on_close) = (inbox.clone(), inbox.clone(), inbox.clone());
        let binding = Binding::Origin(origin.to_owned());
        let listeners = [
            Listener::new(&socket, "open", move |_| {
                let binding = binding.clone();
                let connected = Input::Connected { binding, dialled: true, link, path: Path::Hub };
                on_open.announce(link, connected);
            }),
            Listener::new(&socket, "message", move |event| {
                if let Ok(event) = event.dyn_into::<MessageEvent>() {
                    on_message.frame(link, event.data());
                }
            }),
            // An error is always followed by this.
            Listener::new(&socket, "close", move |_| on_close.closed(link)),
        ];
        Some(Self { _listeners: listeners, owed: 0, reason: None, socket })
    }

    /// Sends a frame. Says how many frames have left for which the engine waits.
    pub(crate) fn send(&mut self, frame: &Frame) -> Result<usize, Cut> {
        // On its way down nothing leaves any more, and the close event follows. Sending all the same
        // would only write an error into the console.
        if self.socket.ready_state() >= web_sys::WebSocket::CLOSING {
            return Ok(0);
        }
        if self.unsent().saturating_add(frame.len()) > UNSENT {
            self.reason = Some("reads too slowly");
            return Err(Cut);
        }
        match frame {
            Frame::Binary(bytes) => {
                self.socket.send_with_u8_array(bytes).map_err(|_| Cut)?;
                self.owed += 1;
            }
            Frame::Text(text) => self.socket.send_with_str(text).map_err(|_| Cut)?,
        }
        Ok(self.left())
    }

    /// How many binary frames have left of which nobody was told.
    pub(crate) fn left(&mut self) -> usize {
        if self.unsent() <= LOW { std::mem::take(&mut self.owed) } else { 0 }
    }

    /// Whether somebody waits to be told that a frame has left.
    pub(crate) const fn is_draining(&self) -> bool {
        self.owed > 0
    }

    /// Whether so much waits to be sent that the other side is not to ask for more.
    pub(crate) fn is_full(&self) -> bool {
        self.unsent() >= FULL
    }

    /// Gives the other side a reason for the end.
    pub(crate) const fn blame(&mut self, reason: &'static str) {
        self.reason = Some(reason);
    }

    fn unsent(&self) -> usize {
        self.socket.buffered_amount() as usize
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Fails for no code and reason that stand here.
        let _ = match self.reason {
            Some(reason) => self.socket.close_with_code_and_reason(RULES, reason),
            None => self.socket.close_with_code(NORMAL),
        };
    }
}
