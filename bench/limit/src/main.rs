//! Strict signature checks and nothing else, compiled for a worker: what taking entries in can reach at most.
//!
//! Each call of the exported `main` checks [`CHECKS`] times. It needs nothing of the browser, so that a
//! worker only has to call it.

use effigy_core::Secret;
use effigy_core::identity::Purpose;

/// How many checks a call makes. Named in `bench/ingest.mjs`, too.
const CHECKS: usize = 1_000;
/// As long as an entry.
const LENGTH: usize = 500;

fn main() {
    let secret = Secret::from_seed(&[1; 32]);
    let message = [7; LENGTH];
    let signature = secret.sign(Purpose::Entry, &message);
    // Made ready once, as for a feed.
    let verifier = secret.identity().verifier();
    let right = (0..CHECKS)
        .filter(|_| {
            let message = std::hint::black_box(&message);
            let verifier = verifier.as_ref();
            verifier.is_ok_and(|all| all.verify(Purpose::Entry, message, &signature).is_ok())
        })
        .count();
    assert_eq!(right, CHECKS, "a check that is right fails");
}
