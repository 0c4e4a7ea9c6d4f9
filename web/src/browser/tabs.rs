//! A word from tab to tab of one account, so that one can give way to the other.

use std::future::pending;

use effigy_worker::Listener;
use futures_channel::mpsc::{self, Receiver};
use futures_util::StreamExt as _;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BroadcastChannel, MessageEvent};

use super::accounts;

/// The name of the channel between the tabs of an account.
const NAME: &str = "effigy";
/// How many words may wait to be heard.
const WORDS: usize = 8;

/// What a tab says to the others.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Word {
    /// Whoever writes: finish, and give way.
    Yield,
    /// I have finished. Take over.
    Yielded,
}

impl Word {
    const fn text(self) -> &'static str {
        match self {
            Self::Yield => "yield",
            Self::Yielded => "yielded",
        }
    }

    fn read(value: &JsValue) -> Option<Self> {
        let text = value.as_string()?;
        [Self::Yield, Self::Yielded].into_iter().find(|word| word.text() == text)
    }
}

/// The other tabs of this browser that have the same account.
pub(crate) struct Tabs {
    channel: Option<BroadcastChannel>,
    heard: Receiver<Word>,
    _listener: Option<Listener>,
}

impl Tabs {
    /// Begins to listen. In a browser without such channels nothing is ever heard.
    pub(crate) fn open() -> Self {
        let channel = BroadcastChannel::new(&accounts::name(NAME)).ok();
        let (mut words, heard) = mpsc::channel(WORDS);
        let listener = channel.as_ref().map(|channel| {
            Listener::new(channel, "message", move |event| {
                let event = event.dyn_into::<MessageEvent>().ok();
                if let Some(word) = event.and_then(|event| Word::read(&event.data())) {
                    // Who does not listen misses it: the other tab does not wait for long.
                    let _ = words.try_send(word);
                }
            })
        });
        Self { channel, heard, _listener: listener }
    }

    /// Says something to all other tabs. Tells whether anybody can hear it.
    pub(crate) fn say(&self, word: Word) -> bool {
        let text = JsValue::from_str(word.text());
        self.channel.as_ref().is_some_and(|channel| channel.post_message(&text).is_ok())
    }

    /// Waits until another tab says this. What it said before this was called does not count.
    pub(crate) async fn hear(&mut self, awaited: Word) {
        while self.heard.try_recv().is_ok() {}
        while let Some(word) = self.heard.next().await {
            if word == awaited {
                return;
            }
        }
        pending().await
    }
}

impl Drop for Tabs {
    fn drop(&mut self) {
        if let Some(channel) = &self.channel {
            channel.close();
        }
    }
}
