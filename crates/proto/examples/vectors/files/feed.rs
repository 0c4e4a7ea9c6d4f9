//! What becomes of entries that are offered to a feed one after another.

use ed25519_dalek::VerifyingKey;
use ed25519_dalek::hazmat::{ExpandedSecretKey, raw_sign};
use effigy_core::limits::CLOCK_AHEAD;
use effigy_core::{Cid, Draft, Entry, Identity, Payload, Secret, Signature, Time};
use effigy_feed::{Arrival, ChainError, Feed, Verdict, Waiting};
use serde_json::{Value, json};

use super::{account, text};

/// 20 November 2025, 10:00:00 UTC.
pub(super) const NOW: Time = Time(1_763_632_800_000);

/// What happens to one entry, in one word.
pub(super) fn word(verdict: &Result<Verdict, ChainError>) -> &'static str {
    match verdict {
        Ok(Verdict::New { .. }) => "new",
        Ok(Verdict::Known) => "known",
        Ok(Verdict::Obsolete) => "obsolete",
        Ok(Verdict::Parked { .. }) => "parked",
        Ok(Verdict::Waiting { .. }) => "waiting",
        Err(ChainError::Backwards) => "refused: backwards",
        Err(ChainError::Stranger) => "refused: stranger",
        Err(_) => "refused",
    }
}

pub(super) fn file() -> String {
    let mut cases = chains();
    cases.extend(account::cases());
    text(
        "Entries are offered to the feed of `feed` in this order; the reader's clock is `now`, the writing that counts `generation`. \
         `verdict` is what happens to each at once: new, known, waiting (a parent or a generation is missing), parked (too far ahead, until \
         `until`), obsolete, or refused and why. One that waits is offered again whenever the feed has moved. Afterwards: how many entries the feed has, its head, \
         its tips from the newest, and whether it is forked. On an account's feed also what follows from it: devices, name, hubs.",
        &cases,
    )
}

fn device() -> Secret {
    Secret::from_seed(&[1; 32])
}

/// An entry of the device's feed with this clock, whatever its parents say.
fn entry(clock: u64, text: &str, parents: &[&Entry]) -> Entry {
    written(&device(), device().identity(), 0, clock, text, parents)
}

fn written(
    secret: &Secret,
    identity: Identity,
    generation: u64,
    clock: u64,
    text: &str,
    parents: &[&Entry],
) -> Entry {
    let payload =
        Payload::Note(effigy_core::payload::Note { images: Vec::new(), text: text.to_owned() });
    let synod = Secret::from_seed(&[2; 32]).identity();
    let draft = Draft {
        after: 0,
        generation,
        identity,
        kind: payload.kind().unwrap().to_owned(),
        parents: parents.iter().map(|parent| parent.id()).collect(),
        payload: payload.write().unwrap(),
        synod: Some((synod, Cid::of(b"head"))),
    };
    draft.sign(secret, Time(clock)).unwrap()
}

/// The same header with another nonce: the owner of a key can do that, and it is the same entry.
#[expect(clippy::disallowed_methods, reason = "the second nonce is what the vector is about")]
fn signed_again(entry: &Entry) -> Entry {
    let header = entry.bytes().split(|byte| *byte == b'\n').next().unwrap();
    let key = VerifyingKey::from_bytes(device().identity().bytes()).unwrap();
    let mut expanded = ExpandedSecretKey::from(&*device().seed());
    expanded.hash_prefix = [7; 32];
    let message = [b"effigy/entry/v1\0", header].concat();
    let signature = raw_sign::<sha2::Sha512>(&expanded, &message, &key);
    let signature = Signature::from_bytes(signature.to_bytes()).to_string();
    Entry::parse(&[header, b"\n", signature.as_bytes()].concat()).unwrap()
}

fn chains() -> Vec<Value> {
    let at = |minutes: u64| NOW.0 - 3_600_000 + minutes * 60_000;
    let [one, two] = [entry(at(1), "one", &[]), entry(at(2), "two", &[])];
    let second = entry(at(2), "second", &[&one]);
    let third = entry(at(3), "third", &[&second]);
    let (left, right) = (entry(at(5), "left", &[&second]), entry(at(4), "right", &[&second]));
    let twin = entry(at(5), "twin", &[&second]);
    let healed = entry(at(6), "healed", &[&left, &right]);
    let again = signed_again(&one);
    let on_again = entry(at(2), "on the other name", &[&again]);
    let before = entry(at(1), "not past its parent", &[&one]);
    let between = entry(at(4), "past one of two", &[&left, &right]);
    let other = Secret::from_seed(&[3; 32]);
    let strange = written(&other, other.identity(), 0, at(9), "strange", &[]);
    let due = entry(NOW.0 + CLOCK_AHEAD.0, "just due", &[&one]);
    let early = entry(NOW.0 + CLOCK_AHEAD.0 + 1, "a millisecond too early", &[&one]);
    let anew = written(&device(), device().identity(), 1, at(7), "anew", &[]);
    vec![
        case("a chain", 0, &[&one, &second, &third]),
        case("a chain, the last first", 0, &[&third, &second, &one]),
        case("an entry that is offered again", 0, &[&one, &second, &one, &second]),
        case("a fork", 0, &[&one, &second, &left, &right]),
        case("a fork with equal clocks: the digest decides", 0, &[&one, &second, &twin, &left]),
        case("two beginnings are a fork", 0, &[&one, &two]),
        case("a fork that is healed", 0, &[&one, &second, &right, &left, &healed]),
        case("one header signed twice is one entry", 0, &[&one, &again, &on_again]),
        case("the other name of a parent, unknown here", 0, &[&one, &on_again]),
        case("a clock that is its parent's", 0, &[&one, &before]),
        case("a clock between its parents'", 0, &[&one, &second, &left, &right, &between]),
        case("an entry of another feed", 0, &[&one, &strange]),
        case("ten minutes ahead", 0, &[&one, &due]),
        case("more than ten minutes ahead", 0, &[&one, &early]),
        case("a later generation before it counts", 0, &[&one, &anew]),
        case("a later generation once it counts", 1, &[&one, &anew]),
    ]
}

fn case(name: &str, generation: u64, entries: &[&Entry]) -> Value {
    let mut feed = Feed::new(device().identity());
    feed.begin(generation);
    let mut waiting = Waiting::default();
    let mut offered = Vec::new();
    for entry in entries {
        let verdict = feed.offer(entry, NOW);
        let mut said = json!({
            "entry": String::from_utf8(entry.bytes().to_vec()).unwrap(),
            "verdict": word(&verdict),
        });
        match verdict {
            Ok(Verdict::Parked { until }) => said["until"] = json!(until.0),
            Ok(Verdict::Waiting { .. }) => {
                let arrival = Arrival { entry: (*entry).clone(), payload: None };
                waiting.add(arrival, Time(0));
            }
            _ => (),
        }
        offered.push(said);
        release(&mut feed, &mut waiting);
    }
    let mut case = summary(&feed);
    case["entries"] = json!(offered);
    case["generation"] = json!(generation);
    case["name"] = json!(name);
    case["now"] = json!(NOW.0);
    case
}

/// Offers those who wait as often as that brings anything.
fn release(feed: &mut Feed, waiting: &mut Waiting) {
    loop {
        let before = feed.len();
        for arrival in waiting.take(feed.identity()) {
            if matches!(feed.offer(&arrival.entry, NOW), Ok(Verdict::Waiting { .. })) {
                waiting.add(arrival, Time(0));
            }
        }
        if feed.len() == before {
            return;
        }
    }
}

/// What a feed is now.
pub(super) fn summary(feed: &Feed) -> Value {
    json!({
        "count": feed.len(),
        "feed": feed.identity(),
        "forked": feed.fork().is_some(),
        "head": feed.head().map(|head| head.id),
        "tips": feed.tips(),
    })
}
