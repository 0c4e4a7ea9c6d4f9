//! Many who are connected to a hub that is stopped and started again: when each is back.
//!
//! The hub is told to stop here; whoever started it starts it again. Each comes back as a node does that a
//! hub told over how long to spread it: at a random moment in that time, and from then on once a second.

use std::process::Command;
use std::time::{Duration, Instant};

use effigy_bench::BenchError;
use effigy_proto::Message;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::caller::{self, Caller, random};
use crate::idle::AT_ONCE;
use crate::times;

/// How long until somebody whose hub did not answer tries again.
const AGAIN: Duration = Duration::from_secs(1);
/// After how long nobody is waited for any more.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) async fn run(origin: &str, pid: u64, sockets: u64) -> Result<Value, BenchError> {
    let come = async |_| {
        let secret = random()?;
        Ok::<_, BenchError>((secret, Caller::come_as(origin, secret).await?))
    };
    let opened = stream::iter(0..sockets).map(come).buffer_unordered(AT_ONCE);
    let held: Vec<_> = opened.try_collect().await?;
    let stopped = Instant::now();
    let is_told = Command::new("kill").args(["-TERM", &pid.to_string()]).status();
    is_told.ok().filter(std::process::ExitStatus::success).ok_or(BenchError::Ended)?;
    let mut coming = JoinSet::new();
    for (secret, caller) in held {
        let origin = origin.to_owned();
        coming.spawn(async move {
            let back = timeout(PATIENCE, comes_back(origin, secret, caller)).await;
            back.ok().and_then(Result::ok).map(|spread| (stopped.elapsed(), spread))
        });
    }
    let (mut back, mut kept, mut spreads) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(came) = coming.join_next().await {
        if let Ok(Some((after, (spread, caller)))) = came {
            back.push(u64::try_from(after.as_micros()).unwrap_or(u64::MAX));
            spreads.push(spread);
            kept.push(caller);
        }
    }
    let busiest = busiest(&back);
    Ok(json!({
        "sockets": sockets,
        "back": back.len(),
        "told": spreads.iter().flatten().count(),
        "spread_ms": spreads.iter().flatten().max(),
        "first_us": back.iter().min(),
        "busiest_second": busiest,
        "took": times(back),
    }))
}

/// How many were back in the second in which most were.
fn busiest(back: &[u64]) -> usize {
    let second = |at: &u64| at / 1_000_000;
    let counts = back.iter().map(|one| back.iter().filter(|at| second(at) == second(one)).count());
    counts.max().unwrap_or_default()
}

/// Waits until the hub is gone, and opens another session. Over how long the hub asked to have that
/// spread, if it said so.
async fn comes_back(
    origin: String,
    secret: [u8; 32],
    mut caller: Caller,
) -> Result<(Option<u32>, Caller), BenchError> {
    let mut spread = None;
    while let Some(heard) = caller::hear(&mut caller.socket).await {
        if let Ok(Message::Away { spread: over }) = Message::decode_text(&heard) {
            spread = Some(over);
        }
    }
    let over = u64::from(spread.unwrap_or_default()).saturating_add(1);
    sleep(Duration::from_millis(u64::from_le_bytes(random()?) % over)).await;
    loop {
        match Caller::come_as(&origin, secret).await {
            Ok(caller) => return Ok((spread, caller)),
            Err(_) => sleep(AGAIN).await,
        }
    }
}
