//! How complete and how current somebody's posts are here.

use effigy_core::Identity;
use effigy_proto::{Differing, FeedStatus};

use crate::parts::ago;

/// How long nobody may have confirmed posts before that is said, in milliseconds.
const STALE: u64 = 24 * 3_600_000;

/// The state of all feeds of one person together.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Currency {
    /// Who shows something else, and how many entries of how many.
    pub(super) differing: Vec<(Differing, u64)>,
    /// Whether one of their devices wrote two versions.
    pub(super) forked: bool,
    /// By how many the feed is confirmed that fewest confirm, and when that one was last; nothing
    /// before anything is here.
    confirmed: Option<(u32, Option<u64>)>,
    held: u64,
    known: u64,
}

impl Currency {
    /// Adds up the feeds of one person; `None` when none of them is replicated here.
    pub(super) fn of(feeds: &[FeedStatus], synod: &Identity) -> Option<Self> {
        feeds.iter().filter(|feed| feed.synod == *synod).fold(None, |sum: Option<Self>, feed| {
            let mut sum = sum.unwrap_or_default();
            sum.forked |= feed.fork.is_some();
            sum.held = sum.held.saturating_add(feed.held);
            sum.known = sum.known.saturating_add(feed.known);
            sum.differing.extend(feed.differing.iter().map(|differing| (*differing, feed.known)));
            if feed.held > 0 {
                let this = (feed.confirmed_by, feed.heard.map(|heard| heard.0));
                sum.confirmed = Some(sum.confirmed.map_or(this, |least| {
                    (least.0.min(this.0), least.1.zip(this.1).map(|(a, b)| a.min(b)))
                }));
            }
            Some(sum)
        })
    }

    /// "312 of 312 posts, current 40 s ago, confirmed by 2".
    pub(super) fn words(&self, now: u64) -> String {
        let Self { held, known, .. } = *self;
        let known = known.max(held);
        match self.confirmed {
            None => format!("0 of {known} posts"),
            Some((_, None)) => format!("{held} of {known} posts, confirmed by nobody yet"),
            Some((by, Some(heard))) => {
                format!(
                    "{held} of {known} posts, current {} ago, confirmed by {by}",
                    ago(heard, now)
                )
            }
        }
    }

    /// How long nobody has confirmed it, when that is too long.
    pub(super) fn stale(&self, now: u64) -> Option<String> {
        let (_, heard) = self.confirmed?;
        heard.filter(|heard| now.saturating_sub(*heard) >= STALE).map(|heard| ago(heard, now))
    }
}

#[cfg(test)]
mod tests {
    use effigy_core::Time;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn all_devices_count_together() {
        let key = |number| Identity::from_bytes([number; 32]);
        let feed = |held, heard| FeedStatus {
            confirmed_by: 1,
            differing: Vec::new(),
            fork: None,
            head_time: Time(1),
            heard,
            held,
            identity: key(9),
            known: 10,
            synod: key(1),
        };
        let feeds = [feed(10, Some(Time(80_000))), feed(5, Some(Time(60_000)))];
        let currency = Currency::of(&feeds, &key(1)).expect("it is replicated");
        let words = "15 of 20 posts, current 40 s ago, confirmed by 1";
        assert_eq!(currency.words(100_000), words, "the least certain of them counts");
        assert_eq!(currency.stale(100_000), None);
        assert_eq!(currency.stale(60_000 + STALE).as_deref(), Some("1 d"));
        assert_eq!(Currency::of(&feeds, &key(2)), None);
        let alone = Currency::of(&[feed(10, None)], &key(1)).expect("it is replicated");
        assert_eq!(alone.words(100_000), "10 of 10 posts, confirmed by nobody yet");
        let nothing = Currency::of(&[feed(0, None)], &key(1)).expect("it is replicated");
        assert_eq!(nothing.words(100_000), "0 of 10 posts");
    }
}
