//! With whom this device shares when it has to be sparing, and who gave and took how much.

use std::collections::BTreeMap;

use effigy_core::Identity;
use effigy_store::{Batch, Key, Table};

use crate::api::{Conditions, Given};
use crate::io::Link;
use crate::node::Node;
use crate::node::state::Conn;

/// Most of those of whom it is remembered what they gave and took; who did least is forgotten first.
pub(in crate::node) const LEDGER: usize = 2_048;
/// After so many bytes it is written down.
const WRITE_AFTER: u64 = 4 * 1024 * 1024;

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
        let Some(account) = self.account_of(conn) else { return false };
        let is_mutual = self.relations.wants(&account) && self.followers.contains(&account);
        Some(account) == self.my_synod() || is_mutual
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
