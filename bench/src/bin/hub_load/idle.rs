//! Sockets with a session on which nothing happens: what each costs, and whether others notice.

use std::time::{Duration, Instant};

use effigy_bench::BenchError;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_json::{Value, json};

use crate::caller::Caller;
use crate::{honest, process, times};

/// How many come at the same time: a server that waits for each costs more by waking up than by what it does.
pub(crate) const AT_ONCE: usize = 64;
/// How long nothing happens.
const QUIET: Duration = Duration::from_secs(10);

pub(crate) async fn run(origin: &str, pid: u64, sockets: u64) -> Result<Value, BenchError> {
    let mut first = Caller::come(origin).await?;
    let calm = honest::pings(&mut first, Duration::from_secs(3)).await?;
    let (before, began) = (process::resident(pid), Instant::now());
    let used = process::seconds(pid);
    let opened = stream::iter(0..sockets).map(|_| Caller::come(origin)).buffer_unordered(AT_ONCE);
    let held: Vec<Caller> = opened.try_collect().await?;
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
