//! With whom this device shares when it has to be sparing, and who gave and took how much.

use std::collections::{BTreeMap, BTreeSet};

use effigy_core::limits::CHUNK_BYTES;
use effigy_core::{Identity, Span, Time};
use effigy_store::{Batch, Key, Table};

use crate::api::{Conditions, Given};
use crate::io::Link;
use crate::node::Node;
use crate::node::state::Conn;

/// Most of those of whom it is remembered what they gave and took; who did least is forgotten first.
pub(in crate::node) const LEDGER: usize = 2_048;
/// After so many bytes it is written down.
const WRITE_AFTER: u64 = 4 * 1024 * 1024;

/// Bytes that a stranger may take before they count as somebody who only takes: whoever comes new has
/// nothing to give yet.
const FREE: u64 = 16 * 1024 * 1024;
/// What part of what one of the others is given they have all together, while others wait.
const PART: u64 = 4;
/// After how long somebody to whom nothing moves is not waited for.
const STALLED: Span = Span::seconds(1);
/// How often it is looked at whether there is still somebody to wait for.
const LOOK: Span = Span(250);

/// What somebody gave to this device, and took from it.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::node) struct Account {
    given: u64,
    taken: u64,
    unwritten: u64,
}

/// Who gave and took how many bytes of blobs.
#[derive(Debug, Default)]
pub(in crate::node) struct Ledger(BTreeMap<Identity, Account>);

fn ledger_key(who: &Identity) -> Key {
    Key::new(Table::Peers, [b"ledger/".as_slice(), who.bytes()].concat())
}

/// What those who only take may have while others wait, and who of them waits.
#[derive(Debug, Default)]
pub(in crate::node) struct Portions {
    /// Bytes that they may be given.
    credit: u64,
    /// Those who wait.
    held_back: BTreeSet<Link>,
    /// When to look whether there is still somebody to wait for.
    due: Option<Time>,
}

impl Portions {
    pub(in crate::node) const fn due(&self) -> Option<Time> {
        self.due
    }
}

impl Ledger {
    /// How many are in it.
    pub(in crate::node) fn len(&self) -> usize {
        self.0.len()
    }
}

impl Node {
    /// What this device is told of its surroundings.
    pub(in crate::node) fn set_conditions(&mut self, conditions: Conditions) {
        let was_sparing = self.is_sparing();
        self.conditions = conditions;
        if was_sparing && !self.is_sparing() {
            // Whoever looked for something meanwhile was not told.
            let looked: Vec<(Link, Vec<effigy_core::Cid>)> = self
                .links
                .iter()
                .map(|(link, conn)| (*link, conn.looking.all().copied().collect()))
                .collect();
            for (link, cids) in looked {
                let found = cids.iter().filter_map(|cid| Some((*cid, self.given(cid)?.into())));
                let found: Vec<(effigy_core::Cid, u64)> = found.collect();
                self.tell_found(link, &found);
            }
        }
    }

    /// Whether bytes cost money, or the battery is low.
    pub(super) const fn is_sparing(&self) -> bool {
        self.conditions.metered || self.conditions.low_battery
    }

    /// Whether somebody is given blobs now: everybody, or, from a device that has to be sparing, the own
    /// devices and those who follow and are followed.
    pub(super) fn gives_to(&self, conn: &Conn) -> bool {
        if !self.is_sparing() {
            return true;
        }
        self.is_close(self.account_of(conn))
    }

    /// Whether somebody is neither of this person's devices nor a friend, and took more than they gave. A
    /// hub gives to everybody alike.
    fn only_takes(&self, conn: &Conn) -> bool {
        let account = self.account_of(conn);
        let who = account.or_else(|| conn.peer());
        let Some(took) = who.and_then(|who| self.ledger.0.get(&who)) else { return false };
        took.given > took.taken.saturating_add(FREE) && !self.is_hub() && !self.is_close(account)
    }

    /// Whether an account is this person's, or a friend's.
    fn is_close(&self, account: Option<Identity>) -> bool {
        let Some(account) = account else { return false };
        let is_mutual = self.relations.wants(&account) && self.followers.contains(&account);
        Some(account) == self.my_synod() || is_mutual
    }

    /// How many others wait for blobs who do not only take, and to whom something moves.
    fn waiting_for_blobs(&self) -> u64 {
        let waits = |conn: &&Conn| {
            !conn.sending.is_empty()
                && self.now.since(conn.moved) < STALLED
                && !self.only_takes(conn)
        };
        self.links.values().filter(waits).count() as u64
    }

    /// Whether what somebody waits for has to wait for others, since they only take.
    pub(super) fn makes_way(&mut self, link: Link) -> bool {
        let takes = self.links.get(&link).is_some_and(|conn| self.only_takes(conn));
        if !takes || self.portions.credit >= CHUNK_BYTES as u64 || self.waiting_for_blobs() == 0 {
            return false;
        }
        self.portions.held_back.insert(link);
        self.portions.due.get_or_insert(self.now.after(LOOK));
        true
    }

    /// Somebody was given bytes: those who only take earn a part of it, or pay for it.
    pub(super) fn share(&mut self, link: Link, given: u64) {
        let Some(conn) = self.links.get(&link) else { return };
        if self.only_takes(conn) {
            self.portions.credit = self.portions.credit.saturating_sub(given);
        } else if !self.portions.held_back.is_empty() {
            let earned = given / self.waiting_for_blobs().max(1).saturating_mul(PART);
            self.portions.credit = self.portions.credit.saturating_add(earned);
        }
    }

    /// Lets those through who were held back and have earned it, or for whom nobody waits any more.
    pub(in crate::node) fn let_through(&mut self) {
        let is_earned = self.portions.credit >= CHUNK_BYTES as u64;
        if self.portions.held_back.is_empty() || (!is_earned && self.waiting_for_blobs() > 0) {
            return;
        }
        let held_back = std::mem::take(&mut self.portions.held_back);
        for link in held_back {
            self.pump(link);
        }
        if self.portions.held_back.is_empty() {
            // Nobody saves up for later.
            (self.portions.credit, self.portions.due) = (0, None);
        }
    }

    pub(in crate::node) fn let_late_through(&mut self) {
        if self.portions.due.take_if(|due| *due <= self.now).is_some() {
            self.let_through();
            if !self.portions.held_back.is_empty() {
                self.portions.due.get_or_insert(self.now.after(LOOK));
            }
        }
    }

    /// Bytes of blobs came from somebody, or went to them.
    pub(super) fn count_blobs(&mut self, link: Link, given: u64, taken: u64) {
        let Some(conn) = self.links.get(&link) else { return };
        let Some(who) = self.account_of(conn).or_else(|| conn.peer()) else { return };
        if self.ledger.0.len() >= LEDGER && !self.ledger.0.contains_key(&who) {
            self.forget_least();
        }
        let account = self.ledger.0.entry(who).or_default();
        account.given = account.given.saturating_add(given);
        account.taken = account.taken.saturating_add(taken);
        account.unwritten = account.unwritten.saturating_add(given).saturating_add(taken);
        if account.unwritten < WRITE_AFTER {
            return;
        }
        self.write_account(who);
    }

    /// Whoever gave and took least is forgotten.
    fn forget_least(&mut self) {
        let did =
            |(_, account): &(&Identity, &Account)| account.given.saturating_add(account.taken);
        let Some(least) = self.ledger.0.iter().min_by_key(did).map(|(who, _)| *who) else { return };
        self.ledger.0.remove(&least);
        self.save_loosely(Batch::new().delete(ledger_key(&least)));
    }

    fn write_account(&mut self, who: Identity) {
        let Some(account) = self.ledger.0.get_mut(&who) else { return };
        account.unwritten = 0;
        let bytes = [account.given.to_be_bytes(), account.taken.to_be_bytes()].concat();
        self.save_loosely(Batch::new().put(ledger_key(&who), bytes));
    }

    /// Somebody is gone: what was counted is written down.
    pub(in crate::node) fn close_account(&mut self, conn: &Conn) {
        let Some(who) = self.account_of(conn).or_else(|| conn.peer()) else { return };
        if self.ledger.0.get(&who).is_some_and(|account| account.unwritten > 0) {
            self.write_account(who);
        }
    }

    pub(in crate::node) fn restore_account(&mut self, who: Identity, value: &[u8]) -> Option<()> {
        let (given, taken) = value.split_first_chunk::<8>()?;
        let (given, taken) =
            (u64::from_be_bytes(*given), u64::from_be_bytes(taken.try_into().ok()?));
        self.ledger.0.insert(who, Account { given, taken, unwritten: 0 });
        Some(())
    }

    /// Who gave and took how much, as a screen shows it.
    pub(in crate::node) fn ledger(&self) -> Vec<Given> {
        let accounts = self.ledger.0.iter();
        accounts
            .map(|(who, account)| Given { given: account.given, taken: account.taken, who: *who })
            .collect()
    }
}
