//! How complete and how current somebody's posts are here.

use effigy_core::Identity;
use effigy_proto::FeedStatus;

use crate::parts::ago;

/// The state of all feeds of one person together.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Currency {
    /// Whether one of their devices wrote two versions.
    pub(super) forked: bool,
    head_time: u64,
    held: u64,
    known: u64,
}

impl Currency {
    /// Adds up the feeds of one person; `None` when none of them is replicated here.
    pub(super) fn of(feeds: &[FeedStatus], synod: &Identity) -> Option<Self> {
        feeds.iter().filter(|feed| feed.synod == *synod).fold(None, |sum: Option<Self>, feed| {
            let sum = sum.unwrap_or_default();
            Some(Self {
                forked: sum.forked || feed.fork.is_some(),
                head_time: sum.head_time.max(feed.head_time.0),
                held: sum.held.saturating_add(feed.held),
                known: sum.known.saturating_add(feed.known),
            })
        })
    }

    /// "312 of 312 posts, current 40 s ago".
    pub(super) fn words(self, now: u64) -> String {
        let Self { held, known, head_time, .. } = self;
        let known = known.max(held);
        if held == 0 {
            return format!("0 of {known} posts");
        }
        format!("{held} of {known} posts, current {} ago", ago(head_time, now))
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
        let feed = |held, time| FeedStatus {
            confirmed_by: 1,
            fork: None,
            head_time: Time(time),
            held,
            identity: key(9),
            known: 10,
            synod: key(1),
        };
        let feeds = [feed(10, 1_000), feed(5, 60_000)];
        let currency = Currency::of(&feeds, &key(1)).expect("it is replicated");
        assert_eq!(currency.words(100_000), "15 of 20 posts, current 40 s ago");
        assert_eq!(Currency::of(&feeds, &key(2)), None);
    }
}
