//! Takes in many entries from a hub, natively: verified, indexed, stored in a file.
//!
//! `ingest <hub origin> <invite> <posts> <file>` prints one JSON object: entries per second, and
//! beside it, from the same run, how many strict signature checks this core does in a second.

#![expect(clippy::print_stdout, reason = "a benchmark talks to who started it")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]

use std::time::Instant;

use effigy_bench::{BenchError, Person};
use effigy_core::identity::Purpose;
use effigy_core::{Invite, Secret};
use effigy_proto::{Command, Event};
use effigy_store_redb::RedbStore;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BenchError> {
    tokio::task::LocalSet::new().run_until(ingest()).await
}

async fn ingest() -> Result<(), BenchError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let usage = || BenchError::Usage("ingest <hub origin> <invite> <posts> <file>");
    let [hub, invite, posts, file] = arguments.as_slice() else { return Err(usage()) };
    let posts: u64 = posts.parse().map_err(|_| usage())?;
    let invite = Invite::parse(invite).map_err(|_| usage())?;
    let store = RedbStore::open(file)?;
    let mut person = Person::start("Reader", hub, store).await?;
    person.until(|event| matches!(event, Event::Network(_))).await?;
    let author = invite.synod;
    let began = Instant::now();
    person.ask(|ticket| Command::AcceptInvite { invite, ticket }).await?;
    let mut held = 0_u64;
    while held < posts {
        person
            .until(|event| {
                if let Event::Entries(known) = event {
                    let of_author = |synod| synod == Some(author);
                    held += known
                        .iter()
                        .filter(|known| of_author(known.entry.header().synod.map(|(id, _)| id)))
                        .count() as u64;
                }
                matches!(event, Event::Entries(_))
            })
            .await?;
    }
    let seconds = began.elapsed().as_secs_f64();
    let checks = checks_per_second();
    let rate = posts as f64 / seconds;
    println!(
        "{}",
        serde_json::json!({
            "entries": posts,
            "seconds": seconds,
            "entries_per_second": rate,
            "strict_checks_per_second": checks,
            "ratio_to_checks": rate / checks,
        })
    );
    person.stop();
    Ok(())
}

/// The limit beside it: strict checks of 500-byte messages on one core, for one second.
fn checks_per_second() -> f64 {
    let secret = Secret::from_seed(&[1; 32]);
    let message = [7; 500];
    let signature = secret.sign(Purpose::Entry, &message);
    let Ok(verifier) = secret.identity().verifier() else { return 0.0 };
    let began = Instant::now();
    let mut done = 0_u32;
    while began.elapsed().as_secs_f64() < 1.0 {
        for _ in 0..100 {
            done += u32::from(verifier.verify(Purpose::Entry, &message, &signature).is_ok());
        }
    }
    f64::from(done) / began.elapsed().as_secs_f64()
}
