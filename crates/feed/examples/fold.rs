//! What it costs to fold an account: 50 devices and 100,000 entries, of which some thousands are statements
//! on the account's own feed, beside the least that anybody has to do with them, to hash and to verify.
//! And 2 MiB of statements that quarrel, one message each, as somebody would send who wants to harm a hub.
//!
//! `cargo run --release -p effigy-feed --example fold [entries, 100000]`

#![expect(clippy::print_stdout, reason = "a benchmark talks to who started it")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use effigy_core::payload::{
    AddDevice, Genesis, NameDevice, Note, Power, Profile, RevokeDevice, consent_bytes,
};
use effigy_core::seal::SealingSecret;
use effigy_core::{Cid, Draft, Entry, Identity, Payload, Purpose, Secret, Time};
use effigy_feed::{Feed, Members, Synod, Verdict, View};

type Failure = Box<dyn std::error::Error>;

const DEVICES: u8 = 50;
/// Of so many entries one is a statement on the account's feed.
const STATED: usize = 40;
const DAY: u64 = 86_400_000;
const FAR: Time = Time(u64::MAX / 2);
/// How many bytes of statements the quarrel has.
const QUARREL: usize = 2 * 1024 * 1024;

struct Writer {
    clock: u64,
    ends: BTreeMap<Identity, Cid>,
    root: Secret,
}

type Written = (Entry, Payload);

impl Writer {
    fn new() -> Self {
        Self { clock: DAY, ends: BTreeMap::new(), root: Secret::from_seed(&[255; 32]) }
    }

    /// The next entry of a feed; or one beside it, which leaves the end where it is.
    fn write(
        &mut self,
        feed: Identity,
        by: &Secret,
        payload: Payload,
        is_beside: bool,
    ) -> Result<Written, Failure> {
        self.clock += 1_000;
        let synod = self.root.identity();
        let head = self.ends.get(&synod).copied().unwrap_or_else(|| Cid::of(b"none"));
        let draft = Draft {
            after: 0,
            generation: 0,
            identity: feed,
            kind: payload.kind().unwrap_or_default().to_owned(),
            parents: self.ends.get(&feed).copied().into_iter().collect(),
            payload: payload.write()?,
            synod: (feed != synod).then_some((synod, head)),
        };
        let entry = draft.sign(by, Time(self.clock))?;
        if !is_beside {
            self.ends.insert(feed, entry.id());
        }
        Ok((entry, payload))
    }

    fn state(&mut self, by: &Secret, payload: Payload) -> Result<Written, Failure> {
        self.write(self.root.identity(), by, payload, false)
    }

    /// An account with its devices.
    fn begin(&mut self) -> Result<Vec<Written>, Failure> {
        let root = self.root.clone();
        let sealing_key = SealingSecret::from_bytes([1; 32]).key()?;
        let mut all = vec![self.state(&root, Payload::Genesis(Genesis { sealing_key }))?];
        for number in 0..DEVICES {
            let added = added(&device(number), root.identity())?;
            all.push(self.state(&root, added)?);
        }
        Ok(all)
    }
}

fn device(number: u8) -> Secret {
    Secret::from_seed(&[number; 32])
}

fn added(device: &Secret, synod: Identity) -> Result<Payload, Failure> {
    let sealing_key = SealingSecret::from_bytes([2; 32]).key()?;
    Ok(Payload::AddDevice(AddDevice {
        consent: device.sign(Purpose::Consent, &consent_bytes(synod, &sealing_key)),
        identity: device.identity(),
        name: "a device".to_owned(),
        powers: vec![Power::Admin, Power::Post],
        replaces: None,
        sealing_key,
    }))
}

/// What people do: posts on all devices, and on the account's feed names, profiles, devices that come and
/// go.
fn life(entries: usize) -> Result<Vec<Written>, Failure> {
    let mut writer = Writer::new();
    let mut all = writer.begin()?;
    let mut number = 0_usize;
    while all.len() < entries {
        number += 1;
        let by = device(u8::try_from(number % usize::from(DEVICES)).unwrap_or_default());
        if !number.is_multiple_of(STATED) {
            let note = Payload::Note(Note { images: Vec::new(), text: format!("post {number}") });
            all.push(writer.write(by.identity(), &by, note, false)?);
            continue;
        }
        let guest = Secret::from_seed(Cid::of(&(number / 8 / STATED).to_be_bytes()).digest());
        let identity = guest.identity();
        let stated = match number / STATED % 8 {
            0 => added(&guest, writer.root.identity())?,
            7 => Payload::RevokeDevice(RevokeDevice { identity, last_valid: None }),
            odd if odd % 2 == 1 => {
                Payload::NameDevice(NameDevice { identity, name: format!("name {number}") })
            }
            _ => Payload::Profile(Profile { name: format!("{number}"), ..Profile::default() }),
        };
        // Who speaks for the account is one of a few: nobody states more than they may.
        all.push(writer.state(&by, stated)?);
    }
    Ok(all)
}

/// Devices are added, say something, and are removed by somebody who does not know of it, again and again.
fn quarrel() -> Result<Vec<Written>, Failure> {
    let mut writer = Writer::new();
    let mut all = writer.begin()?;
    let (root, synod) = (writer.root.clone(), writer.root.identity());
    let mut bytes = 0;
    let mut number = 0_u64;
    while bytes < QUARREL {
        number += 1;
        let guest = Secret::from_seed(Cid::of(&number.to_be_bytes()).digest());
        let identity = guest.identity();
        let added = added(&guest, synod)?;
        let before = writer.ends.get(&synod).copied();
        let name = |name: &str| Payload::NameDevice(NameDevice { identity, name: name.to_owned() });
        let revoke = Payload::RevokeDevice(RevokeDevice { identity, last_valid: None });
        // The root lets it in beside the others, so that nobody has too much behind them.
        let come = writer.state(&root, added)?;
        let says = writer.write(synod, &guest, name("void"), true)?;
        let gone = writer.write(synod, &device(0), revoke, true)?;
        if let Some(before) = before {
            writer.ends.insert(synod, before);
        }
        for written in [come, says, gone] {
            bytes += written.0.bytes().len() + written.0.header().payload.size as usize;
            all.push(written);
        }
    }
    Ok(all)
}

/// Puts everything together: feeds, the account, what screens show. Gives how many devices there are.
fn fold(all: &[Written], synod: Identity) -> usize {
    let mut feeds: BTreeMap<Identity, Feed> = BTreeMap::new();
    let (mut state, mut view) = (Synod::new(synod), View::new(synod));
    for (entry, payload) in all {
        let identity = entry.header().identity;
        let feed = feeds.entry(identity).or_insert_with(|| Feed::new(identity));
        if identity == synod && state.permits(entry, payload).is_err() {
            continue;
        }
        if matches!(feed.offer(entry, FAR), Ok(Verdict::New { .. })) {
            if identity == synod {
                state.apply(entry, payload);
            }
            view.insert(entry, payload);
        }
    }
    let devices: BTreeMap<Identity, String> =
        state.devices.iter().map(|(key, device)| (*key, device.name.clone())).collect();
    let speaking = devices.keys().copied().collect();
    let closed = state.closed();
    view.settle(Members { closed, devices, profile: state.profile.clone(), speaking, synod });
    view.person(&synod).map_or(0, |person| person.devices.len())
}

/// How many milliseconds something takes: of the processor where the system tells, or else by the clock.
fn time<T>(what: impl FnOnce() -> T) -> (T, f64) {
    let (begun, used) = (Instant::now(), processor());
    let done = what();
    let used = used.zip(processor()).map(|(before, after)| after.saturating_sub(before));
    let taken = begun.elapsed().as_secs_f64() * 1_000.0;
    (
        done,
        used.map_or(taken, |nanoseconds| Duration::from_nanos(nanoseconds).as_secs_f64() * 1_000.0),
    )
}

/// How many nanoseconds of a processor this thread has had.
fn processor() -> Option<u64> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split(' ').next()?.parse().ok()
}

/// Reads and verifies each: what nobody can do without.
fn verify(all: &[Written]) -> usize {
    all.iter().filter(|(entry, _)| Entry::parse(entry.bytes()).is_ok()).count()
}

fn main() -> Result<(), Failure> {
    let entries = std::env::args().nth(1).map_or(Ok(100_000), |n| n.parse())?;
    let synod = Writer::new().root.identity();
    for (name, all) in [("life", life(entries)?), ("quarrel", quarrel()?)] {
        let stated = all.iter().filter(|(entry, _)| entry.header().identity == synod).count();
        let (devices, folded) = time(|| fold(&all, synod));
        let (whole, verified) = time(|| verify(&all));
        assert_eq!(whole, all.len(), "what is folded is genuine");
        println!(
            "{name}: {} entries, {stated} of them statements, {devices} devices: folded in {folded:.0} ms, \
             hashed and verified in {verified:.0} ms, ratio {:.2}",
            all.len(),
            folded / verified,
        );
    }
    Ok(())
}
