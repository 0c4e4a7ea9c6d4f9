//! Somebody who only asks whether the hub is there, and how long it takes until they know.

use std::time::{Duration, Instant};

use effigy_bench::BenchError;
use serde_json::Value;

use crate::caller::Caller;
use crate::times;

/// How often they ask.
const EVERY: Duration = Duration::from_millis(25);

pub(crate) async fn run(origin: &str, seconds: u64) -> Result<Value, BenchError> {
    let mut caller = Caller::come(origin).await?;
    let micros = pings(&mut caller, Duration::from_secs(seconds)).await?;
    Ok(times(micros))
}

/// Asks for so long; how long each answer took.
pub(crate) async fn pings(caller: &mut Caller, long: Duration) -> Result<Vec<u64>, BenchError> {
    let begin = Instant::now();
    let mut micros = Vec::new();
    while begin.elapsed() < long {
        let asked = Instant::now();
        caller.ping().await?;
        micros.push(u64::try_from(asked.elapsed().as_micros()).unwrap_or(u64::MAX));
        tokio::time::sleep(EVERY).await;
    }
    Ok(micros)
}
