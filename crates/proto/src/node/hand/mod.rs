//! A direct way that two people arrange by themselves, when no hub is there: one shows a letter, as a QR
//! code or a text, the other hands in theirs.

mod description;

use data_encoding::HEXLOWER;
use effigy_core::seal::{Letter, open_letter};
use effigy_core::{Identity, Span};

use super::Node;
use super::hubs::{ARRANGE, Signal, WAYS};
use super::state::{Arranged, Direct};
use crate::api::{Event, HandStep, Refusal};
use crate::io::{Link, Output, RtcAction, RtcEvent};
pub(super) use description::Description;

/// How long the two may take to hand each other their letters: as long as a letter counts.
const BY_HAND: Span = Span::minutes(10);
/// Most addresses that are remembered before the browser has described its end.
const EARLY: usize = 16;

/// What has been found for the letter that is shown.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Addresses that came before the description.
    early: Vec<String>,
    /// This end; `None` before the browser has described it.
    end: Option<Description>,
    /// Whether this side answers.
    is_answer: bool,
    /// Whether the other side's answer was taken.
    is_met: bool,
}

impl Node {
    /// Begins a way to somebody who is followed. The letter for it comes with [`Event::ByHand`].
    pub(super) fn connect_by_hand(&mut self, synod: Identity) -> Result<(), Refusal> {
        let device = self.device_of(synod).ok_or(Refusal::Unknown)?;
        if self.direct.values().any(|direct| direct.peer == device && direct.open) {
            return Ok(());
        }
        let attempt = HEXLOWER.encode(&self.random.bytes::<16>());
        let link = self.open_hand(device, attempt, false).ok_or(Refusal::TooLong)?;
        self.outbox.push_back(Output::Rtc(link, RtcAction::Offer));
        Ok(())
    }

    /// Takes a letter that somebody handed over.
    pub(super) fn take_letter(&mut self, text: &str) -> Result<(), Refusal> {
        let letter = Letter::from_text(text).map_err(|_| Refusal::Letter)?;
        let text = open_letter(&letter, self.me, &self.keys.sealing, self.clock);
        let text = text.map_err(|_| Refusal::Letter)?;
        let Ok(Signal::ByHand { answer, attempt, end }) = serde_json::from_slice(&text) else {
            return Err(Refusal::Letter);
        };
        let written = end.write(answer).ok_or(Refusal::Letter)?;
        let peer = letter.from;
        if self.friend_of(peer).is_none() {
            return Err(Refusal::Unknown);
        }
        let link = if answer {
            let link = self.awaiting(peer, &attempt).ok_or(Refusal::Letter)?;
            let action = RtcAction::TakeAnswer { answer: written };
            self.outbox.push_back(Output::Rtc(link, action));
            link
        } else {
            if !self.is_new_attempt(peer, &attempt) {
                return Err(Refusal::Letter);
            }
            let link = self.open_hand(peer, attempt, true).ok_or(Refusal::TooLong)?;
            self.outbox.push_back(Output::Rtc(link, RtcAction::Answer { offer: written }));
            link
        };
        for candidate in end.candidates {
            let action = RtcAction::Candidate { candidate, line: 0, mid: "0".to_owned() };
            self.outbox.push_back(Output::Rtc(link, action));
        }
        Ok(())
    }

    /// The browser found something for the letter.
    pub(super) fn found_for_hand(&mut self, link: Link, event: RtcEvent) {
        let Some(direct) = self.direct.get_mut(&link) else { return };
        let Arranged::Hand(found) = &mut direct.arranged else { return };
        match (event, &mut found.end) {
            (RtcEvent::Candidate { candidate, .. }, Some(end)) => end.note(&candidate),
            // The description comes first; should it not, so many addresses are enough.
            (RtcEvent::Candidate { candidate, .. }, None) if found.early.len() < EARLY => {
                found.early.push(candidate);
            }
            (RtcEvent::Candidate { .. }, None) => (),
            (RtcEvent::Description(sdp), _) => {
                let mut end = Description::read(&sdp);
                for candidate in std::mem::take(&mut found.early) {
                    if let Some(end) = &mut end {
                        end.note(&candidate);
                    }
                }
                found.end = end;
            }
        }
        let (answer, peer, attempt) = (found.is_answer, direct.peer, direct.attempt.clone());
        let (Some(end), Some(synod)) = (found.end.clone(), self.friend_of(peer)) else { return };
        let letter = self.sealed(peer, &Signal::ByHand { answer, attempt, end });
        if let Some(text) = letter.and_then(|letter| letter.to_text()) {
            self.emit(Event::ByHand { step: HandStep::Letter { answer, text }, synod });
        }
    }

    /// A way that was arranged by hand has opened, or came to nothing: its letter is of no more use.
    pub(super) fn hand_ends(&mut self, peer: Identity, step: HandStep) {
        if let Some(synod) = self.friend_of(peer) {
            self.emit(Event::ByHand { step, synod });
        }
    }

    /// The connection that waits for this answer. From here on the two ends find each other or do not.
    fn awaiting(&mut self, peer: Identity, attempt: &str) -> Option<Link> {
        let link = self.attempt(peer, attempt)?;
        let until = self.now.after(ARRANGE);
        let direct = self.direct.get_mut(&link)?;
        let Arranged::Hand(found) = &mut direct.arranged else { return None };
        if found.is_answer || found.is_met {
            return None;
        }
        found.is_met = true;
        direct.until = until;
        Some(link)
    }

    /// Makes a place for a way; those that were begun by hand and not finished are given up.
    fn open_hand(&mut self, peer: Identity, attempt: String, is_answer: bool) -> Option<Link> {
        let old: Vec<Link> = self
            .direct
            .iter()
            .filter(|(_, direct)| !direct.open && matches!(direct.arranged, Arranged::Hand(_)))
            .map(|(link, _)| *link)
            .collect();
        old.into_iter().for_each(|link| self.close(link));
        if self.direct.len() >= WAYS {
            return None;
        }
        let link = self.new_link();
        let until = self.now.after(BY_HAND);
        let arranged = Arranged::Hand(Found { is_answer, ..Found::default() });
        self.direct.insert(link, Direct { arranged, peer, attempt, until, open: false });
        Some(link)
    }

    /// The device of a followed account to which a letter is written: where there are several, the one
    /// that was here last.
    fn device_of(&self, synod: Identity) -> Option<Identity> {
        let devices = self.synods.get(&synod)?.devices.keys().copied();
        let known = devices.filter(|device| self.friend_of(*device) == Some(synod));
        known.max_by_key(|device| self.met.get(device).map(|met| met.at))
    }

    /// The account of a device that may connect directly: one that is followed, or one's own.
    pub(super) fn friend_of(&self, device: Identity) -> Option<Identity> {
        self.acquaintance(device).then_some(())?;
        self.synods.iter().find(|(_, state)| state.devices.contains_key(&device)).map(|(of, _)| *of)
    }
}
