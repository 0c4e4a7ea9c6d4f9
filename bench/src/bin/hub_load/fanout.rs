//! One who posts, and many who want to hear of it.

use std::time::{Duration, Instant};

use effigy_bench::{BenchError, Person};
use effigy_core::Identity;
use effigy_proto::{Command, Event, Message};
use effigy_store::MemoryStore;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::caller::{self, Caller};
use crate::{process, times};

/// Between two posts: longer than a hub waits to tell of several at once.
const EVERY: Duration = Duration::from_millis(400);

pub(crate) async fn run(
    origin: &str,
    pid: u64,
    watchers: u64,
    posts: u64,
) -> Result<Value, BenchError> {
    tokio::task::LocalSet::new().run_until(tell(origin, pid, watchers, posts)).await
}

async fn tell(origin: &str, pid: u64, watchers: u64, posts: u64) -> Result<Value, BenchError> {
    let mut author = Person::start("Author", origin, MemoryStore::new()).await?;
    let device = posted(&mut author, 0).await?;
    let mut held = Vec::new();
    for _ in 0..watchers {
        let mut watcher = Caller::come(origin).await?;
        watcher.say(&Message::GetHeads { identities: vec![device] }).await?;
        watcher.ping().await?;
        held.push(watcher);
    }
    let (mut firsts, mut lasts) = (Vec::new(), Vec::new());
    let used = process::seconds(pid);
    for n in 1..=posts {
        tokio::time::sleep(EVERY).await;
        let began = Instant::now();
        let heard = async {
            let name = device.to_string();
            let told = held.iter_mut().map(|watcher| until_told(watcher, &name, began));
            join_all(told).await
        };
        let posting = async {
            posted(&mut author, n).await?;
            // Whoever takes no events has no node that works.
            author.until(|_| false).await
        };
        let heard = tokio::select! {
            heard = heard => heard,
            ended = posting => return Err(ended.err().unwrap_or(BenchError::Ended)),
        };
        let mut micros = heard.into_iter().collect::<Result<Vec<u64>, _>>()?;
        micros.sort_unstable();
        firsts.extend(micros.first().copied());
        lasts.extend(micros.last().copied());
    }
    let used = process::seconds(pid) - used;
    author.stop();
    Ok(json!({
        "watchers": watchers,
        "posts": posts,
        "cpu_us_each": used * 1e6 / (watchers * posts).max(1) as f64,
        "first": times(firsts),
        "last": times(lasts),
    }))
}

/// Posts; gives the device whose feed it is on.
async fn posted(author: &mut Person, n: u64) -> Result<Identity, BenchError> {
    let text = format!("post {n}");
    author.ask(|ticket| Command::Publish { pictures: Vec::new(), text, ticket }).await?;
    let mut device = None;
    if n == 0 {
        // Who has posted knows of whose feed it tells.
        author
            .until(|event| {
                if let Event::Network(network) = event {
                    let own = network.feeds.iter().find(|feed| feed.identity != feed.synod);
                    device = own.map(|feed| feed.identity);
                }
                device.is_some()
            })
            .await?;
    }
    Ok(device.unwrap_or_else(|| Identity::from_bytes([0; 32])))
}

async fn until_told(watcher: &mut Caller, name: &str, began: Instant) -> Result<u64, BenchError> {
    loop {
        let heard = caller::hear(&mut watcher.socket).await.ok_or(BenchError::Ended)?;
        if heard.starts_with(r#"{"type":"changes""#) && heard.contains(name) {
            return Ok(u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX));
        }
    }
}
