//! Hours at half load: letters, posts, people who come and go. What is looked at is memory.

use std::time::{Duration, Instant};

use effigy_bench::BenchError;
use serde_json::{Value, json};

use crate::caller::{self, Caller};
use crate::process;

/// Pairs that write to each other, how often each does, and who comes and goes.
const PAIRS: usize = 50;
const EVERY: Duration = Duration::from_millis(20);
/// How often memory is looked at.
const LOOK: Duration = Duration::from_secs(5);
/// What a hub needs at first, as its caches and tables fill, is not looked at: one part of so many.
const WARM: usize = 5;

pub(crate) async fn run(origin: &str, pid: u64, minutes: u64) -> Result<Value, BenchError> {
    let mut pairs = Vec::new();
    for _ in 0..PAIRS {
        let (writer, reader) = (Caller::come(origin).await?, Caller::come(origin).await?);
        let letter = writer.letter(reader.identity(), 200)?;
        pairs.push((writer, reader, letter));
    }
    let (began, used) = (Instant::now(), process::seconds(pid));
    let until = began + Duration::from_secs(minutes * 60);
    let (mut looks, mut next_look, mut letters) = (Vec::new(), began, 0_u64);
    while Instant::now() < until {
        let round = Instant::now();
        for (writer, reader, letter) in &mut pairs {
            caller::say(&mut writer.socket, letter.clone()).await?;
            letters += 1;
            caller::hear(&mut reader.socket).await.ok_or(BenchError::Ended)?;
        }
        // Somebody comes, says that they are there, and goes.
        Caller::come(origin).await?.ping().await?;
        if Instant::now() >= next_look {
            next_look += LOOK;
            // Whoever only writes would be taken for somebody who is gone.
            for (writer, _, _) in &mut pairs {
                writer.ping().await?;
            }
            looks.push((began.elapsed().as_secs_f64(), process::resident(pid) as f64));
        }
        tokio::time::sleep(EVERY.saturating_sub(round.elapsed())).await;
    }
    let seconds = began.elapsed().as_secs_f64();
    let warm = looks.get(looks.len() / WARM..).unwrap_or_default();
    Ok(json!({
        "minutes": minutes,
        "letters_per_second": letters as f64 / seconds,
        "server_cpu": (process::seconds(pid) - used) / seconds,
        "resident": process::resident(pid),
        "bytes_an_hour": slope(warm) * 3_600.0,
    }))
}

/// How fast something grows, by least squares.
fn slope(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / n;
    let (time, value) = (mean(|point| point.0), mean(|point| point.1));
    let together: f64 = points.iter().map(|(t, v)| (t - time) * (v - value)).sum();
    let alone: f64 = points.iter().map(|(t, _)| (t - time) * (t - time)).sum();
    if alone > 0.0 { together / alone } else { 0.0 }
}
