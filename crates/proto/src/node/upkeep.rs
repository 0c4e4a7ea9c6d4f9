//! What a hub gives up by itself: what is left of guests who were here when it died, and members of
//! whom nobody has been here for long.

use std::collections::{BTreeSet, VecDeque};

use effigy_core::{Identity, Span, Time};
use effigy_store::Batch;

use super::restore::member_key;
use super::{Node, Role};
use crate::api::{Event, Upkeep};
use crate::io::Output;

/// How many accounts are given up at a time, and how long others have their turn in between.
const AT_ONCE: usize = 4;
const PAUSE: Span = Span(100);
/// How often it is looked who has been silent for too long, and how soon after a start.
const LOOK: Span = Span::minutes(60);
const FIRST_LOOK: Span = Span::minutes(1);
/// Of how many members one may expire with each look, and how many at least: a clock that is wrong for
/// a while must not cost everybody's posts.
const SHARE: usize = 100;
const AT_LEAST: usize = 8;
/// How exactly it is written down when somebody was here last.
const EXACTLY: Span = Span::days(1);

/// What a hub has yet to do.
#[derive(Debug, Default)]
pub(super) struct Keeping {
    /// Accounts to be given up, and whether they are members.
    leaving: VecDeque<(Identity, bool)>,
    /// When to go on with these.
    next: Option<Time>,
    /// When to look for members who are silent.
    look_at: Option<Time>,
    done: Upkeep,
}

impl Keeping {
    /// How many accounts are to be given up.
    pub(super) fn leaving(&self) -> usize {
        self.leaving.len()
    }
}

impl Node {
    /// Looks for what belongs to nobody whom this hub keeps: guests were here when it died.
    pub(super) fn begin_upkeep(&mut self) {
        let feeds = self.feeds.iter().filter(|(feed, _)| !self.tracked.contains_key(feed));
        let owners = self.contents.values().flat_map(|content| content.owners.keys());
        let strays = feeds.map(|(_, held)| &held.synod).chain(owners);
        let strays: BTreeSet<Identity> =
            strays.filter(|synod| !self.members.contains_key(synod)).copied().collect();
        self.upkeep.leaving.extend(strays.into_iter().map(|synod| (synod, false)));
        self.upkeep.next = Some(self.now.after(PAUSE));
        self.upkeep.look_at = Some(self.now.after(FIRST_LOOK));
        self.tell_upkeep();
    }

    /// Does what is due.
    pub(super) fn keep_up(&mut self) {
        if self.is_full() {
            return;
        }
        if self.upkeep.look_at.is_some_and(|at| at <= self.now) {
            self.upkeep.look_at = Some(self.now.after(LOOK));
            self.look_for_silent();
        }
        if self.upkeep.next.is_some_and(|at| at <= self.now) {
            self.give_up_some();
        }
    }

    pub(super) fn upkeep_due(&self) -> Option<Time> {
        if self.is_full() {
            return None;
        }
        self.upkeep.next.into_iter().chain(self.upkeep.look_at).min()
    }

    /// Finds members of whom nobody was here for long, those first who are gone longest.
    fn look_for_silent(&mut self) {
        let Role::Hub(policy) = &self.role else { return };
        let Some(silence) = policy.silence else { return };
        let members: Vec<Identity> = self.members.keys().copied().collect();
        for synod in members {
            self.see_member(synod);
        }
        let now = self.clock;
        let mut silent: Vec<(Time, Identity)> = self
            .members
            .iter()
            .filter(|(_, seen)| now.since(**seen) >= silence)
            .map(|(synod, seen)| (*seen, *synod))
            .collect();
        silent.sort_unstable();
        silent.truncate((self.members.len() / SHARE).max(AT_LEAST));
        if !silent.is_empty() {
            self.upkeep.leaving.extend(silent.into_iter().map(|(_, synod)| (synod, true)));
            self.upkeep.next = Some(self.now);
        }
    }

    /// Gives up a few accounts, unless somebody of them has come meanwhile.
    fn give_up_some(&mut self) {
        for _ in 0..AT_ONCE {
            let Some((synod, is_member)) = self.upkeep.leaving.pop_front() else { break };
            let has_changed = self.members.contains_key(&synod) != is_member;
            if has_changed || self.index.accounts.any(synod) {
                continue;
            }
            let mut batch = Batch::new();
            if is_member {
                self.members.remove(&synod);
                batch.deletes.push(member_key(&synod));
                self.upkeep.done.expired = self.upkeep.done.expired.saturating_add(1);
            } else {
                self.upkeep.done.swept = self.upkeep.done.swept.saturating_add(1);
            }
            self.give_up_account(synod, batch);
        }
        let goes_on = !self.upkeep.leaving.is_empty();
        self.upkeep.next = goes_on.then_some(self.now.after(PAUSE));
        if !goes_on {
            self.tell_upkeep();
        }
    }

    /// Somebody of a member's account is here, if the account says so.
    pub(super) fn see_member(&mut self, synod: Identity) {
        let Some(seen) = self.members.get(&synod) else { return };
        if self.clock.since(*seen) < EXACTLY && *seen <= self.clock {
            return;
        }
        // Of whom an earlier version did not write down when they were here, they were just now.
        if *seen == Time(0) || self.is_somebody_here(synod) {
            self.note_member(synod, false);
        }
    }

    /// Writes down that an account is kept, and that somebody of it was here.
    pub(super) fn note_member(&mut self, synod: Identity, is_new: bool) {
        let now = self.clock;
        self.members.insert(synod, now);
        let batch = Batch::new().put(member_key(&synod), now.0.to_be_bytes());
        if is_new {
            self.save(batch);
        } else {
            self.save_loosely(batch);
        }
    }

    /// Tells the operator how many members there are, and how many went.
    pub(super) fn tell_upkeep(&mut self) {
        self.upkeep.done.members = self.members.len() as u64;
        let event = Event::Upkeep(self.upkeep.done);
        self.outbox.push_back(Output::Emit(event));
    }
}
