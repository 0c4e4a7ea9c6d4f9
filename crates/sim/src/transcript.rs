//! What happened in a network, in words: for whoever wants to know why a seed fails.

use std::collections::VecDeque;

use effigy_proto::{Event, Frame};

use crate::network::is_question;

/// Most lines that are kept: the last ones tell why.
const LINES: usize = 20_000;

/// The lines, where they are wanted.
#[derive(Debug, Default)]
pub struct Transcript {
    wanted: bool,
    lines: VecDeque<String>,
    begun: Option<u64>,
}

impl Transcript {
    /// From now on lines are kept.
    pub const fn want(&mut self) {
        self.wanted = true;
    }

    /// The lines, oldest first.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(String::as_str)
    }

    /// Something that is no machine's.
    pub(crate) fn say(&mut self, now: u64, what: &str) {
        if self.wanted {
            self.line(now, what);
        }
    }

    /// Something happened at a machine.
    pub(crate) fn note(&mut self, now: u64, machine: usize, what: &str) {
        if self.wanted {
            self.line(now, &format!("{machine} {what}"));
        }
    }

    /// A frame goes out.
    pub(crate) fn frame(&mut self, now: u64, from: usize, to: usize, frame: &Frame, forged: bool) {
        if !self.wanted {
            return;
        }
        // Two of three frames only ask whether somebody is there.
        if is_question(frame) {
            return;
        }
        let lie = if forged { " (a lie)" } else { "" };
        let what = match frame {
            Frame::Binary(bytes) => format!("{} bytes", bytes.len()),
            Frame::Text(text) => {
                let short: String = text.chars().take(160).collect();
                let more = if short.len() < text.len() { "…" } else { "" };
                format!("{short}{more} ({} bytes)", text.len())
            }
        };
        self.line(now, &format!("{from} > {to}{lie} {what}"));
    }

    /// A person is told something.
    pub(crate) fn event(&mut self, now: u64, machine: usize, event: &Event) {
        if !self.wanted {
            return;
        }
        let what = match event {
            Event::Network(_) => return,
            Event::Entries(known) => format!("{} entries are here", known.len()),
            Event::Content { bytes, .. } => format!("a picture is here: {}", bytes.is_some()),
            other => format!("{other:?}"),
        };
        self.line(now, &format!("{machine} sees: {what}"));
    }

    fn line(&mut self, now: u64, text: &str) {
        let begun = *self.begun.get_or_insert(now);
        let at = now.saturating_sub(begun);
        if self.lines.len() >= LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(format!("{:>7}.{:03} {text}", at / 1_000, at % 1_000));
    }
}
