//! At a hub: where two devices meet that are being linked. One of them may have no account yet.
//!
//! The hub passes on what they say and keeps nothing of it. It can read halves of keys that are used
//! once, and sealed bytes; should it sit between the two and answer for each, people see that the
//! pictures differ.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::Time;
use effigy_core::limits::{LINK_TALK, LINK_VALID};
use effigy_core::link::Token;

use super::Node;
use super::state::Conn;
use crate::io::Link;
use crate::message::{ErrorCode, LinkEnd, LinkStep, Message};

/// Most offers that a hub keeps at a time.
pub(super) const MEETINGS: usize = 1_000;
/// Most steps of one meeting, of both sides together: twice what linking takes.
const STEPS: u32 = 24;
/// What one wrong try costs, how much may be spent at once, and how much comes back in a second: five at
/// once on a connection, then five a minute.
const GUESS: u64 = 12;
const GUESSES: u64 = 60;
const GUESSES_EACH: u64 = 1;

/// Every meeting at this hub.
#[derive(Debug, Default)]
pub(super) struct Meetings {
    all: BTreeMap<Token, Meeting>,
    /// In which meeting each connection is: one at a time.
    of: BTreeMap<Link, Token>,
    due: BTreeSet<(Time, Token)>,
}

#[derive(Debug)]
struct Meeting {
    shower: Link,
    steps: u32,
    taker: Option<Link>,
    until: Time,
}

impl Meetings {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// When the next of them is over.
    pub(super) fn next(&self) -> Option<Time> {
        self.due.first().map(|(until, _)| *until)
    }

    fn open(&mut self, token: Token, shower: Link, until: Time) {
        self.all.insert(token, Meeting { shower, steps: 0, taker: None, until });
        self.of.insert(shower, token);
        self.due.insert((until, token));
    }

    /// Somebody comes to a meeting. Gives who opened it.
    fn take(&mut self, token: Token, taker: Link, until: Time) -> Option<Link> {
        let meeting = self.all.get_mut(&token)?;
        self.due.remove(&(meeting.until, token));
        self.due.insert((until, token));
        meeting.taker = Some(taker);
        meeting.until = until;
        self.of.insert(taker, token);
        Some(meeting.shower)
    }

    /// Ends a meeting. Gives who was there.
    fn end(&mut self, token: Token) -> Vec<Link> {
        let Some(meeting) = self.all.remove(&token) else { return Vec::new() };
        self.due.remove(&(meeting.until, token));
        let links: Vec<Link> = std::iter::once(meeting.shower).chain(meeting.taker).collect();
        for link in &links {
            self.of.remove(link);
        }
        links
    }
}

impl Node {
    /// Somebody shows an offer: it is kept for whoever comes with its token.
    pub(super) fn link_opened_here(&mut self, link: Link, request: u32, token: Token) {
        if !self.is_hub() {
            return self.fault(link, request, ErrorCode::Forbidden);
        }
        self.leave_meeting(link);
        let until = self.now.after(LINK_VALID);
        if self.meetings.len() >= MEETINGS || self.meetings.all.contains_key(&token) {
            return self.send(link, &Message::Error { about: request, code: ErrorCode::TooMuch });
        }
        self.meetings.open(token, link, until);
        self.send(link, &Message::LinkOpened { request });
    }

    /// Somebody comes with a token. The first to come is let in; where a second comes, one of them is
    /// not who was meant, and nobody stays.
    pub(super) fn link_claimed(&mut self, link: Link, request: u32, token: Token) {
        if !self.is_hub() {
            return self.fault(link, request, ErrorCode::Forbidden);
        }
        self.leave_meeting(link);
        let until = self.now.after(LINK_TALK);
        match self.meetings.all.get(&token).map(|meeting| meeting.taker.is_some()) {
            None => self.guessed_wrong(link, request),
            Some(true) => {
                self.end_meeting(token, None, LinkEnd::Twice);
                self.send(link, &Message::Error { about: request, code: ErrorCode::NotFound });
            }
            Some(false) => {
                if let Some(shower) = self.meetings.take(token, link, until) {
                    self.send(link, &Message::LinkMet);
                    self.send(shower, &Message::LinkMet);
                }
            }
        }
    }

    /// Tells that there is no such meeting; whoever goes on guessing is sent away.
    fn guessed_wrong(&mut self, link: Link, request: u32) {
        let now = self.now;
        let Some(conn) = self.links.get_mut(&link) else { return };
        if conn.guesses.take(GUESS, GUESSES, GUESSES_EACH, now) {
            self.send(link, &Message::Error { about: request, code: ErrorCode::NotFound });
        } else {
            self.fault(link, request, ErrorCode::TooMuch);
        }
    }

    /// Passes on what one of the two says.
    pub(super) fn pass_link_step(&mut self, link: Link, step: LinkStep) {
        let Some(token) = self.meetings.of.get(&link).copied() else {
            // The other one has just left, or there never was one.
            let code = if self.is_hub() { ErrorCode::NotFound } else { ErrorCode::Forbidden };
            return self.send(link, &Message::Error { about: 0, code });
        };
        let Some(meeting) = self.meetings.all.get_mut(&token) else { return };
        meeting.steps = meeting.steps.saturating_add(1);
        let other = if meeting.shower == link { meeting.taker } else { Some(meeting.shower) };
        let (is_over, Some(other)) = (meeting.steps > STEPS, other) else {
            return self.fault(link, 0, ErrorCode::Forbidden);
        };
        if is_over {
            self.end_meeting(token, None, LinkEnd::Late);
        } else {
            self.send(other, &Message::LinkStep { step });
        }
    }

    /// Somebody leaves the meeting in which they are; also with their connection.
    pub(super) fn leave_meeting(&mut self, link: Link) {
        if let Some(token) = self.meetings.of.get(&link).copied() {
            self.end_meeting(token, Some(link), LinkEnd::Left);
        }
    }

    /// Ends a meeting and tells everybody in it but who ended it.
    fn end_meeting(&mut self, token: Token, by: Option<Link>, why: LinkEnd) {
        for link in self.meetings.end(token) {
            if Some(link) != by && self.links.get(&link).and_then(Conn::peer).is_some() {
                self.send(link, &Message::LinkClosed { why });
            }
        }
    }

    /// Ends the meetings whose time is over.
    pub(super) fn end_meetings(&mut self) {
        let now = self.now;
        while let Some((_, token)) = self.meetings.due.first().filter(|(until, _)| *until <= now) {
            self.end_meeting(*token, None, LinkEnd::Late);
        }
    }
}
