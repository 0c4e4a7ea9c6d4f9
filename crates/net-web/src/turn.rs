//! Letting the page breathe: no run of work may hold it up for long.

use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use effigy_worker::Listener;
use gloo_timers::future::TimeoutFuture;
use web_sys::{MessageChannel, MessagePort};

use crate::inbox::Inbox;
use crate::platform::monotonic;

/// For how many milliseconds work may go on before the page gets a turn. A message may take 11 of
/// them on top, or four times that on a phone, and the page must never stand still for 50.
const BUDGET: f64 = 6.0;

/// Counts how long the engine has worked without a break, and makes breaks.
///
/// Futures run on in the browser's microtasks, between which it draws nothing. So a break is a
/// message to oneself: the browser delivers it in a new task, and without the delay of a timer.
pub(crate) struct Turn {
    arrived: Rc<Cell<u64>>,
    /// When the engine last came back from a break, in milliseconds of the page.
    began: f64,
    inbox: Inbox,
    posted: u64,
    channel: Option<(MessagePort, MessageChannel, Listener)>,
}

impl Turn {
    /// The engine works from now on.
    pub(crate) fn new(inbox: Inbox) -> Self {
        let arrived = Rc::new(Cell::new(0_u64));
        let channel = MessageChannel::new().ok().map(|channel| {
            let receiver = channel.port1();
            let (count, inbox) = (Rc::clone(&arrived), inbox.clone());
            let listener = Listener::new(&receiver, "message", move |_| {
                count.set(count.get().saturating_add(1));
                inbox.wake();
            });
            receiver.start();
            (channel.port2(), channel, listener)
        });
        Self { arrived, began: monotonic(), inbox, posted: 0, channel }
    }

    /// Says that the engine has just been woken, so that no work lies behind it.
    pub(crate) fn begin(&mut self) {
        self.began = monotonic();
    }

    /// Makes a break if one is due. Can be dropped half-way; then it is still due.
    pub(crate) async fn breathe(&mut self) {
        if monotonic() - self.began < BUDGET {
            return;
        }
        self.take_break().await;
        self.begin();
    }

    async fn take_break(&mut self) {
        let Some((sender, ..)) = &self.channel else {
            return TimeoutFuture::new(0).await;
        };
        // Of a break that was dropped half-way, the message is still on its way.
        if self.posted == self.arrived.get() {
            if sender.post_message(&wasm_bindgen::JsValue::NULL).is_err() {
                return TimeoutFuture::new(0).await;
            }
            self.posted = self.posted.saturating_add(1);
        }
        poll_fn(|context| {
            self.inbox.listen(context.waker());
            if self.arrived.get() == self.posted { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some((sender, channel, _)) = &self.channel {
            sender.close();
            channel.port1().close();
        }
    }
}
