//! Sockets with a session on which nothing happens: what each costs, and whether others notice.

use std::time::{Duration, Instant};

use effigy_bench::BenchError;
use serde_json::{Value, json};

use crate::caller::Caller;
use crate::{honest, process, times};

/// How long nothing happens.
const QUIET: Duration = Duration::from_secs(10);

pub(crate) async fn run(origin: &str, pid: u64, sockets: u64) -> Result<Value, BenchError> {
    let mut first = Caller::come(origin).await?;
    let calm = honest::pings(&mut first, Duration::from_secs(3)).await?;
    let (before, began) = (process::resident(pid), Instant::now());
    let used = process::seconds(pid);
    let mut held = Vec::new();
    for _ in 0..sockets {
        held.push(Caller::come(origin).await?);
    }
    let opening = began.elapsed().as_secs_f64();
    let opening_cpu = process::seconds(pid) - used;
    let grown = process::resident(pid).saturating_sub(before);
    let used = process::seconds(pid);
    tokio::time::sleep(QUIET).await;
    let quiet = (process::seconds(pid) - used) / QUIET.as_secs_f64();
    let busy = honest::pings(&mut first, Duration::from_secs(3)).await?;
    let held = held.len() as u64;
    Ok(json!({
        "sockets": held,
        "bytes_each": grown / held.max(1),
        "resident": process::resident(pid),
        "seconds_to_open": opening,
        "cpu_us_to_open_each": opening_cpu * 1e6 / held.max(1) as f64,
        "cpu_while_quiet": quiet,
        "calm": times(calm),
        "beside_them": times(busy),
    }))
}
