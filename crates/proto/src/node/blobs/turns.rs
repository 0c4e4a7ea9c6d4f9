//! Whose turn it is: contents that wait to be asked for, those that are asked for, and those that
//! nobody had. However many one account has, the others get their turns in between.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::{Identity, Span, Time};

use crate::api::Named;
use crate::node::index::Timers;

/// How long a content that nobody has is asked for before another may take its place.
const TURN: Span = Span::seconds(20);
/// How long one that nobody had rests at first, and at most: twice as long each time.
const REST: Span = Span::seconds(30);
const LONGEST_REST: Span = Span::minutes(60);

/// Who waits, who is asked for, who rests.
#[derive(Debug, Default)]
pub(in crate::node) struct Turns {
    /// In the order in which they came, by account. One that several accounts point to waits for
    /// whichever has its turn first.
    waiting: BTreeSet<(Identity, u64, Named)>,
    next: u64,
    /// The account that had the last turn.
    last: Option<Identity>,
    /// Those that are asked for, for which account, and since when.
    asked: BTreeMap<Named, (Identity, Time)>,
    by_account: BTreeSet<(Identity, Time, Named)>,
    by_age: BTreeSet<(Time, Named)>,
    /// How many blobs are asked for, by account.
    shares: Shares,
    resting: BTreeSet<(Identity, Named)>,
    moments: Timers<Named>,
}

/// How much each account has of something that there is little of.
#[derive(Debug, Default)]
struct Shares {
    of: BTreeMap<Identity, usize>,
    order: BTreeSet<(usize, Identity)>,
}

impl Shares {
    fn of(&self, account: &Identity) -> usize {
        self.of.get(account).copied().unwrap_or(0)
    }

    fn set(&mut self, account: Identity, share: usize) {
        let before = self.of(&account);
        self.order.remove(&(before, account));
        if share == 0 {
            self.of.remove(&account);
        } else {
            self.of.insert(account, share);
            self.order.insert((share, account));
        }
    }
}

/// Where a content stands.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(in crate::node) enum Turn {
    /// Nothing of it is asked for.
    #[default]
    None,
    /// It waits, with this number.
    Waiting(u64),
    /// It is asked for.
    Asked,
    /// Nobody had it.
    Resting,
}

impl Turns {
    /// Puts a content behind those that these accounts have waiting already.
    pub(super) fn line_up<'a>(
        &mut self,
        named: Named,
        accounts: impl Iterator<Item = &'a Identity>,
    ) -> Turn {
        self.next = self.next.saturating_add(1);
        self.waiting.extend(accounts.map(|account| (*account, self.next, named)));
        Turn::Waiting(self.next)
    }

    /// One more account waits for it.
    pub(super) fn join(&mut self, named: Named, account: Identity, turn: Turn) {
        match turn {
            Turn::Waiting(number) => {
                self.waiting.insert((account, number, named));
            }
            Turn::Resting => {
                self.resting.insert((account, named));
            }
            Turn::None | Turn::Asked => (),
        }
    }

    /// How many have their turn.
    pub(in crate::node) fn asked(&self) -> usize {
        self.asked.len()
    }

    /// Whether anything waits.
    pub(super) fn is_anyone_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The next that waits, of the next account that has less than this share.
    pub(super) fn next(&mut self, share: usize) -> Option<(Identity, Named)> {
        let mut after = self.last;
        let mut seen = 0_usize;
        loop {
            let (account, _, named) = self.first_after(after)?;
            if self.shares.of(&account) < share {
                self.last = Some(account);
                return Some((account, named));
            }
            // Only so many can have all of their share.
            seen = seen.saturating_add(1);
            if seen > self.shares.of.len() {
                return None;
            }
            after = Some(account);
        }
    }

    fn first_after(&self, account: Option<Identity>) -> Option<(Identity, u64, Named)> {
        let end = account.map(|account| (account, u64::MAX, Named::LAST));
        let after = end.and_then(|end| self.waiting.range(end..).next());
        after.or_else(|| self.waiting.first()).copied()
    }

    /// It is asked for from now on, for one of the accounts.
    pub(super) fn begin(&mut self, named: Named, account: Identity, now: Time) -> Turn {
        self.asked.insert(named, (account, now));
        self.by_account.insert((account, now, named));
        self.by_age.insert((now, named));
        Turn::Asked
    }

    /// It neither waits nor rests nor is asked for any more. The accounts are all that point to it.
    pub(super) fn end<'a>(
        &mut self,
        named: Named,
        turn: Turn,
        accounts: impl Iterator<Item = &'a Identity>,
    ) {
        match turn {
            Turn::None => (),
            Turn::Waiting(number) => {
                for account in accounts {
                    self.waiting.remove(&(*account, number, named));
                }
            }
            Turn::Asked => {
                if let Some((account, since)) = self.asked.remove(&named) {
                    self.by_account.remove(&(account, since, named));
                    self.by_age.remove(&(since, named));
                }
            }
            Turn::Resting => {
                self.moments.disarm(named);
                for account in accounts {
                    self.resting.remove(&(*account, named));
                }
            }
        }
    }

    /// For which account it is asked for.
    pub(super) fn payer(&self, named: &Named) -> Option<Identity> {
        self.asked.get(named).map(|(account, _)| *account)
    }

    /// Nobody had it so many times: it rests, the longer the oftener.
    pub(super) fn rest<'a>(
        &mut self,
        named: Named,
        accounts: impl Iterator<Item = &'a Identity>,
        vain: u32,
        now: Time,
    ) -> Turn {
        self.resting.extend(accounts.map(|account| (*account, named)));
        let span = REST.0.saturating_mul(1 << vain.min(16)).min(LONGEST_REST.0);
        self.moments.arm(named, now.after(Span(span)));
        Turn::Resting
    }

    /// Those whose rest is over.
    pub(super) fn rested(&mut self, now: Time) -> Vec<Named> {
        self.moments.due(now)
    }

    /// Those that rest and that this account, or any, points to.
    pub(super) fn resting(&self, account: Option<Identity>) -> Vec<Named> {
        match account {
            None => self.resting.iter().map(|(_, named)| *named).collect(),
            Some(account) => {
                let range = (account, Named::FIRST)..=(account, Named::LAST);
                self.resting.range(range).map(|(_, named)| *named).collect()
            }
        }
    }

    /// One more blob is asked for, or one less, for an account.
    pub(super) fn count(&mut self, account: Identity, more: bool) {
        let share = self.shares.of(&account);
        let share = if more { share.saturating_add(1) } else { share.saturating_sub(1) };
        self.shares.set(account, share);
    }

    /// Contents of the account with the greatest share, the oldest first, if another waits whose
    /// share is smaller by more than one.
    pub(super) fn greediest(&self) -> impl Iterator<Item = Named> + '_ {
        let most = self.shares.order.last().copied();
        let most = most.filter(|(most, _)| self.is_anyone_waiting_below(most.saturating_sub(1)));
        most.into_iter().flat_map(|(_, account)| {
            let first = (account, Time(0), Named::FIRST);
            self.by_account.range(first..=(account, Time(u64::MAX), Named::LAST)).map(|one| one.2)
        })
    }

    fn is_anyone_waiting_below(&self, share: usize) -> bool {
        let mut after = self.last;
        // Only so many have anything; whoever has nothing is below.
        for _ in 0..=self.shares.of.len() {
            let Some((account, _, _)) = self.first_after(after) else { return false };
            if self.shares.of(&account) < share {
                return true;
            }
            after = Some(account);
        }
        false
    }

    /// Those that are asked for, the oldest first.
    pub(super) fn oldest(&self) -> impl Iterator<Item = Named> + '_ {
        self.by_age.iter().map(|(_, named)| *named)
    }

    /// Those that have been asked for as long as a turn takes, while others wait.
    pub(super) fn overdue(&self, now: Time) -> Vec<Named> {
        let is_over = |(since, _): &&(Time, Named)| since.after(TURN) <= now;
        let over = self.by_age.iter().take_while(is_over);
        over.filter(|_| self.is_anyone_waiting()).map(|(_, named)| *named).collect()
    }

    /// Its turn goes on as if it had begun now.
    pub(super) fn renew(&mut self, named: Named, now: Time) {
        if let Some((account, _)) = self.asked.get(&named).copied() {
            self.end(named, Turn::Asked, std::iter::empty());
            self.begin(named, account, now);
        }
    }

    /// When to look again.
    pub(in crate::node) fn due(&self) -> Option<Time> {
        let turn = self.by_age.first().filter(|_| self.is_anyone_waiting());
        let turn = turn.map(|(since, _)| since.after(TURN));
        [turn, self.moments.next()].into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests {
    use effigy_core::Cid;

    use crate::api::ContentKind;

    use super::*;

    fn account(number: u8) -> Identity {
        Identity::from_bytes([number; 32])
    }

    fn named(number: u64) -> Named {
        Named { cid: Cid::of(&number.to_be_bytes()), size: number, kind: ContentKind::Picture }
    }

    #[test]
    fn accounts_take_turns_whatever_they_have_waiting() {
        let mut turns = Turns::default();
        let mut numbers = BTreeMap::new();
        for number in 0..6 {
            let of = [account(if number < 4 { 1 } else { number as u8 })];
            numbers.insert(named(number), (turns.line_up(named(number), of.iter()), of));
        }
        let mut order = Vec::new();
        while let Some((_, next)) = turns.next(9) {
            let (turn, of) = numbers[&next];
            turns.end(next, turn, of.iter());
            order.push(next.size);
        }
        assert_eq!(order, [0, 4, 5, 1, 2, 3]);
    }

    #[test]
    fn who_has_its_share_is_passed_over() {
        let mut turns = Turns::default();
        turns.line_up(named(1), [account(1)].iter());
        turns.line_up(named(2), [account(2)].iter());
        turns.count(account(1), true);
        turns.count(account(1), true);
        assert_eq!(turns.next(2), Some((account(2), named(2))));
        assert_eq!(turns.next(2), Some((account(2), named(2))));
        turns.count(account(2), true);
        turns.count(account(2), true);
        assert_eq!(turns.next(2), None);
        turns.count(account(1), false);
        assert_eq!(turns.next(2), Some((account(1), named(1))));
    }

    #[test]
    fn a_rest_grows_and_ends() {
        let mut turns = Turns::default();
        let of = [account(1)];
        for (vain, seconds) in [(0, 30), (1, 60), (3, 240), (40, 3_600)] {
            turns.rest(named(1), of.iter(), vain, Time(0));
            assert_eq!(turns.due(), Some(Time(seconds * 1_000)));
            turns.end(named(1), Turn::Resting, of.iter());
            assert_eq!((turns.due(), turns.resting(None)), (None, vec![]));
        }
    }
}
