//! The data channel of a peer connection, and how full it is kept.

use std::collections::VecDeque;

use effigy_core::limits::CHUNK_BYTES;
use effigy_proto::{Frame, Link};
use effigy_worker::Listener;
use wasm_bindgen::JsCast;
use web_sys::{MessageEvent, RtcDataChannel, RtcDataChannelState, RtcDataChannelType};

use crate::inbox::Inbox;

/// The channel's name on both sides.
pub(crate) const LABEL: &str = "effigy";
/// Most bytes in the browser's buffer: a deeper one halves the speed.
const BUFFERED: usize = 256 * 1024;
/// From how many bytes in both places on the other side is not listened to: it may only ask for more.
const FULL: usize = 2 * BUFFERED;
/// At how few bytes the browser asks for more.
const LOW: u32 = 64 * 1024;
/// Most bytes that wait beside the browser's buffer. Who reads slower than this is cut off.
const WAITING: usize = 1024 * 1024;

/// A data channel. Closed when dropped.
pub(crate) struct Channel {
    channel: RtcDataChannel,
    _listeners: [Listener; 4],
    /// Binary frames of which nobody has been told yet that they left.
    owed: usize,
    waiting: VecDeque<Frame>,
    waiting_bytes: usize,
}

/// What cannot be sent any more.
pub(crate) struct Cut;

impl Channel {
    /// Looks after a channel from now on. Calls `on_open` when it opens, which may be at once.
    pub(crate) fn new(
        channel: RtcDataChannel,
        link: Link,
        inbox: &Inbox,
        mut on_open: impl FnMut() + 'static,
    ) -> Self {
        channel.set_binary_type(RtcDataChannelType::Arraybuffer);
        channel.set_buffered_amount_low_threshold(LOW);
        if channel.ready_state() == RtcDataChannelState::Open {
            on_open();
        }
        let (on_message, on_low, on_close) = (inbox.clone(), inbox.clone(), inbox.clone());
        let listeners = [
            Listener::new(&channel, "open", move |_| on_open()),
            Listener::new(&channel, "message", move |event| {
                if let Ok(event) = event.dyn_into::<MessageEvent>() {
                    on_message.frame(link, event.data());
                }
            }),
            Listener::new(&channel, "bufferedamountlow", move |_| on_low.low(link)),
            // An error is always followed by this.
            Listener::new(&channel, "close", move |_| on_close.closed(link)),
        ];
        Self { channel, _listeners: listeners, owed: 0, waiting: VecDeque::new(), waiting_bytes: 0 }
    }

    /// Sends a frame, or has it wait for room. Says how many frames have left for which the engine
    /// waits.
    pub(crate) fn send(&mut self, frame: Frame) -> Result<usize, Cut> {
        if self.channel.ready_state() != RtcDataChannelState::Open {
            return Err(Cut);
        }
        self.waiting_bytes = self.waiting_bytes.saturating_add(frame.len());
        if self.waiting_bytes > WAITING {
            return Err(Cut);
        }
        self.waiting.push_back(frame);
        self.flush()
    }

    /// Hands over what fits. Says how many binary frames have left of which nobody was told.
    pub(crate) fn flush(&mut self) -> Result<usize, Cut> {
        while let Some(frame) = self.waiting.front() {
            let buffered = self.buffered();
            // What is larger than the whole buffer goes alone.
            if buffered > 0 && buffered.saturating_add(frame.len()) > BUFFERED {
                break;
            }
            match frame {
                Frame::Binary(bytes) => {
                    self.channel.send_with_u8_array(bytes).map_err(|_| Cut)?;
                    self.owed += 1;
                }
                Frame::Text(text) => self.channel.send_with_str(text).map_err(|_| Cut)?,
            }
            self.waiting_bytes = self.waiting_bytes.saturating_sub(frame.len());
            self.waiting.pop_front();
        }
        let has_room = self.buffered().saturating_add(CHUNK_BYTES) <= BUFFERED;
        Ok(if self.waiting.is_empty() && has_room { std::mem::take(&mut self.owed) } else { 0 })
    }

    /// Whether so much waits to be sent that the other side is not to ask for more.
    pub(crate) fn is_full(&self) -> bool {
        self.waiting_bytes.saturating_add(self.buffered()) >= FULL
    }

    fn buffered(&self) -> usize {
        self.channel.buffered_amount() as usize
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.channel.close();
    }
}
