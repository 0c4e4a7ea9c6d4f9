//! Entries that cannot be judged yet: their parents are missing, or their clock is ahead.

use std::collections::{BTreeMap, VecDeque};

use effigy_core::limits::{WAITING, WAITING_BYTES, WAITING_PER_FEED};
use effigy_core::{Cid, Entry, Identity, Time};

use crate::planted::{self, Bug};

/// An entry as it arrived, with its payload where that came along.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The entry.
    pub entry: Entry,
    /// The payload's bytes, if they came.
    pub payload: Option<Vec<u8>>,
}

/// What an entry needs beside its bytes, its taken-apart header and its payload.
const BESIDE: usize = 512;

impl Arrival {
    /// About how many bytes of memory it needs: header and signature as they came, the header taken
    /// apart, which is no longer than its text, and the payload.
    fn weight(&self) -> usize {
        let payload = self.payload.as_ref().map_or(0, Vec::len);
        self.entry.bytes().len().saturating_mul(2).saturating_add(payload).saturating_add(BESIDE)
    }
}

/// A bounded waiting room. When it is full the oldest leave: they can be asked for again.
#[derive(Debug, Default)]
pub struct Waiting {
    feeds: BTreeMap<Identity, Queue>,
    bytes: usize,
    count: usize,
}

/// Those who wait for one feed, in the order in which they came.
#[derive(Debug, Default)]
struct Queue {
    arrivals: VecDeque<(Time, Arrival)>,
    bytes: usize,
}

impl Waiting {
    /// How many wait.
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Whether nobody waits.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// About how many bytes of memory those need who wait.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Lets an entry wait, until a moment or until its feed has moved (`Time(0)`). Where there are
    /// too many, the oldest of the feed leaves that has most of them: nobody crowds out others.
    pub fn add(&mut self, arrival: Arrival, until: Time) {
        if planted::has(Bug::WaitingDropped) {
            return;
        }
        let identity = arrival.entry.header().identity;
        if self.contains(&identity, &arrival.entry.id()) {
            return;
        }
        let weight = arrival.weight();
        let queue = self.feeds.entry(identity).or_default();
        queue.arrivals.push_back((until, arrival));
        queue.bytes = queue.bytes.saturating_add(weight);
        self.bytes = self.bytes.saturating_add(weight);
        self.count = self.count.saturating_add(1);
        if queue.arrivals.len() > WAITING_PER_FEED {
            self.drop_oldest(identity);
        }
        while self.count > WAITING {
            let longest = self.feeds.iter().max_by_key(|(_, queue)| queue.arrivals.len());
            let Some(feed) = longest.map(|(feed, _)| *feed) else { break };
            self.drop_oldest(feed);
        }
        while self.bytes > WAITING_BYTES {
            let heaviest = self.feeds.iter().max_by_key(|(_, queue)| queue.bytes);
            let Some(feed) = heaviest.map(|(feed, _)| *feed) else { break };
            self.drop_oldest(feed);
        }
    }

    fn drop_oldest(&mut self, feed: Identity) {
        let Some(queue) = self.feeds.get_mut(&feed) else { return };
        let gone = queue.arrivals.pop_front();
        let weight = gone.as_ref().map_or(0, |(_, arrival)| arrival.weight());
        queue.bytes = queue.bytes.saturating_sub(weight);
        if queue.arrivals.is_empty() {
            self.feeds.remove(&feed);
        }
        self.bytes = self.bytes.saturating_sub(weight);
        self.count = self.count.saturating_sub(usize::from(gone.is_some()));
    }

    /// Takes out all that wait for one feed.
    pub fn take(&mut self, identity: Identity) -> Vec<Arrival> {
        let queue = self.feeds.remove(&identity).unwrap_or_default();
        self.count = self.count.saturating_sub(queue.arrivals.len());
        self.bytes = self.bytes.saturating_sub(queue.bytes);
        queue.arrivals.into_iter().map(|(_, arrival)| arrival).collect()
    }

    /// Takes out all whose moment has come.
    pub fn due(&mut self, now: Time) -> Vec<Arrival> {
        let mut due = Vec::new();
        for queue in self.feeds.values_mut() {
            let (ready, rest): (VecDeque<_>, _) = std::mem::take(&mut queue.arrivals)
                .into_iter()
                .partition(|(until, _)| until.0 > 0 && *until <= now);
            queue.arrivals = rest;
            let weight: usize = ready.iter().map(|(_, arrival)| arrival.weight()).sum();
            queue.bytes = queue.bytes.saturating_sub(weight);
            self.bytes = self.bytes.saturating_sub(weight);
            due.extend(ready.into_iter().map(|(_, arrival)| arrival));
        }
        self.feeds.retain(|_, queue| !queue.arrivals.is_empty());
        self.count = self.count.saturating_sub(due.len());
        due
    }

    /// The next moment at which somebody is due.
    pub fn next(&self) -> Option<Time> {
        let all = self.feeds.values().flat_map(|queue| &queue.arrivals);
        all.map(|(until, _)| *until).filter(|until| until.0 > 0).min()
    }

    /// Whether an entry waits, by its id.
    pub fn contains(&self, identity: &Identity, id: &Cid) -> bool {
        self.feeds.get(identity).is_some_and(|queue| {
            queue.arrivals.iter().any(|(_, arrival)| arrival.entry.id() == *id)
        })
    }
}
