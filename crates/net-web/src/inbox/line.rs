//! What waits of one connection.

use std::collections::VecDeque;

use effigy_proto::Input;
use js_sys::{ArrayBuffer, JsString};

/// Most other news of one connection that waits: candidates, drained buffers.
const NEWS: usize = 1_024;

/// Something that happened on a connection.
pub(crate) enum Arrival {
    /// A binary frame, still on the browser's side.
    Binary(ArrayBuffer),
    /// The connection is gone, or must go.
    Closed,
    /// So much came that nothing of it counts, and the connection must go.
    Flooded,
    /// The buffer of what is to be sent has become low.
    Low,
    /// News for the engine as it is.
    News(Input),
    /// A frame that is longer than any message may be, or of no known kind; its bytes were not
    /// looked at.
    Refused,
    /// A text frame, still on the browser's side.
    Text(JsString, Check),
}

/// Who checks a text frame, and how far that is.
pub(crate) enum Check {
    /// A worker will, once one has room.
    Due,
    /// A worker has, and found this.
    Found(ArrayBuffer),
    /// A worker has it, under this number.
    Handed(u64),
    /// The page itself, when it is its turn.
    Here,
}

/// What waits of one connection.
#[derive(Default)]
pub(super) struct Line {
    /// How many frames are with workers, or were checked by them.
    pub(super) ahead: usize,
    pub(super) arrivals: VecDeque<Arrival>,
    pub(super) bytes: usize,
    /// Set when nothing can come any more.
    pub(super) closed: bool,
    /// Frames that came before the connection was announced.
    pub(super) early: VecDeque<Arrival>,
    pub(super) frames: usize,
    /// Whether so much is on its way to the other side that it may not ask for more.
    pub(super) held: bool,
    pub(super) news: usize,
    pub(super) open: bool,
}

impl Line {
    /// Whether the first arrival can be taken. What a worker still looks at cannot, nor what came
    /// behind it: the engine hears of everything in the order in which it came.
    pub(super) fn is_ready(&self) -> bool {
        match self.arrivals.front() {
            None | Some(Arrival::Text(_, Check::Due | Check::Handed(_))) => false,
            Some(Arrival::Binary(_) | Arrival::Text(..)) => !self.held,
            Some(_) => true,
        }
    }

    /// Whether there are frames for workers that were not handed out yet.
    pub(super) fn is_owing(&mut self) -> bool {
        self.checks().any(|(_, check)| matches!(check, Check::Due))
    }

    /// The next frame for a worker, handed out under this number from now on.
    pub(super) fn hand(&mut self, number: u64) -> Option<JsString> {
        let (text, check) = self.checks().find(|(_, check)| matches!(check, Check::Due))?;
        *check = Check::Handed(number);
        let text = text.clone();
        self.ahead = self.ahead.saturating_add(1);
        Some(text)
    }

    /// The frame under this number comes back: with what was found, or to be checked by the page.
    pub(super) fn checked(&mut self, number: u64, found: Option<ArrayBuffer>) {
        let handed = |check: &Check| matches!(check, Check::Handed(n) if *n == number);
        let Some((_, check)) = self.checks().find(|(_, check)| handed(check)) else { return };
        let is_done = found.is_some();
        *check = found.map_or(Check::Here, Check::Found);
        if !is_done {
            self.ahead = self.ahead.saturating_sub(1);
        }
    }

    fn checks(&mut self) -> impl Iterator<Item = (&JsString, &mut Check)> {
        self.arrivals.iter_mut().filter_map(|arrival| match arrival {
            Arrival::Text(text, check) => Some((&*text, check)),
            _ => None,
        })
    }

    /// Adds news, within bounds.
    pub(super) fn tell(&mut self, news: Arrival) {
        if self.news >= NEWS {
            return self.cut();
        }
        self.news = self.news.saturating_add(1);
        self.arrivals.push_back(news);
    }

    /// Too much came too fast: nothing of it counts, and the connection goes.
    pub(super) fn cut(&mut self) {
        *self = Self { closed: true, ..Self::default() };
        self.arrivals.push_back(Arrival::Flooded);
    }

    /// Counts an arrival as taken.
    pub(super) fn forget(&mut self, arrival: &Arrival) {
        let bytes = match arrival {
            Arrival::Binary(buffer) => buffer.byte_length() as usize,
            Arrival::Text(text, check) => {
                if matches!(check, Check::Found(_)) {
                    self.ahead = self.ahead.saturating_sub(1);
                }
                text.length() as usize
            }
            Arrival::Low | Arrival::News(_) => {
                self.news = self.news.saturating_sub(1);
                return;
            }
            Arrival::Closed | Arrival::Flooded | Arrival::Refused => return,
        };
        self.bytes = self.bytes.saturating_sub(bytes);
        self.frames = self.frames.saturating_sub(1);
    }
}
