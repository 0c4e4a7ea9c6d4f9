//! A hub whose disk is full: it gives what it has, passes letters on, and keeps nothing new.
//!
//! The engine begins it that way after a write for which there was no room. Nothing is asked of
//! anybody then, so nothing comes that could not be kept, and nothing is confirmed that is not on the
//! disk. From time to time the engine tries whether there is room again, and if there is, the node
//! begins anew from what is stored.

use effigy_core::{Span, Time};

use super::Node;
use crate::io::Link;
use crate::message::{ErrorCode, Message};

/// How soon it is tried whether there is room again, and how long the pauses become.
const SOON: Span = Span::seconds(2);
const RARELY: Span = Span::minutes(2);

/// Whether there is room.
#[derive(Debug, Default)]
pub(super) struct Full {
    is_so: bool,
    look_at: Option<Time>,
    pause: Span,
    is_due: bool,
}

impl Node {
    /// From its start on this node only gives and passes on. For a hub, before it is told what its
    /// store holds.
    pub fn keep_nothing(&mut self) {
        self.full.is_so = self.is_hub();
    }

    /// Whether it is time to try whether the store has room again. Says so once each time.
    pub fn looks_for_room(&mut self) -> bool {
        std::mem::take(&mut self.full.is_due)
    }

    pub(super) const fn is_full(&self) -> bool {
        self.full.is_so
    }

    /// At the start: sets the first moment.
    pub(super) fn begin_looking_for_room(&mut self) {
        if self.full.is_so {
            self.full.pause = SOON;
            self.full.look_at = Some(self.now.after(SOON));
        }
    }

    pub(super) fn look_for_room(&mut self) {
        if self.full.look_at.is_none_or(|at| at > self.now) {
            return;
        }
        self.full.is_due = true;
        self.full.pause = Span(self.full.pause.0.saturating_mul(2)).min(RARELY);
        self.full.look_at = Some(self.now.after(self.full.pause));
    }

    pub(super) const fn room_due(&self) -> Option<Time> {
        self.full.look_at
    }

    /// Tells somebody who came what is not to be had here for now.
    pub(super) fn tell_full(&mut self, link: Link) {
        if self.full.is_so {
            self.send(link, &Message::Error { about: 0, code: ErrorCode::Full });
        }
    }
}
