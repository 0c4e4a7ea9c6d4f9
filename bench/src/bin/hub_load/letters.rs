//! Letters from one to another through a server: how many, for how much of the server's time, and how
//! long each takes. Closed loop: so many are on their way for each pair, and the next follows an answer.

use std::time::{Duration, Instant};

use effigy_bench::BenchError;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::caller::{self, Caller, Socket};
use crate::{least, process, times};

/// Bytes of what is sealed: with the rest a letter has about 640, as a description of a connection.
const SEALED: usize = 200;
/// As long is what others pass on.
const LENGTH: usize = 640;

/// How much is sent.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) pairs: u64,
    pub(crate) window: u64,
    pub(crate) seconds: u64,
}

/// Two who write to each other: one writes to the other, who hears it.
struct Pair {
    writer: Socket,
    reader: Socket,
    letter: String,
    /// What is in every letter as it arrives, and in nothing else.
    mark: &'static str,
}

pub(crate) async fn run(
    protocol: &str,
    origin: &str,
    pid: u64,
    load: Load,
) -> Result<Value, BenchError> {
    let mut pairs = Vec::new();
    for n in 0..load.pairs {
        pairs.push(meet(protocol, origin, n).await?);
    }
    let used = process::seconds(pid);
    let began = Instant::now();
    let until = began + Duration::from_secs(load.seconds);
    let done = join_all(pairs.into_iter().map(|pair| write(pair, load.window, until))).await;
    let seconds = began.elapsed().as_secs_f64();
    let used = process::seconds(pid) - used;
    let mut micros = Vec::new();
    for times in done {
        micros.extend(times?);
    }
    let count = micros.len();
    Ok(json!({
        "protocol": protocol,
        "letters_per_second": count as f64 / seconds,
        "cpu_us_each": used * 1e6 / count.max(1) as f64,
        "server_cpu": used / seconds,
        "took": times(micros),
    }))
}

/// Writes as fast as the window allows, until the time is over.
async fn write(mut pair: Pair, window: u64, until: Instant) -> Result<Vec<u64>, BenchError> {
    let mut micros = Vec::new();
    let mut sent = std::collections::VecDeque::new();
    for _ in 0..window {
        sent.push_back(Instant::now());
        caller::say(&mut pair.writer, pair.letter.clone()).await?;
    }
    while let Some(began) = sent.pop_front() {
        loop {
            let heard = caller::hear(&mut pair.reader).await.ok_or(BenchError::Ended)?;
            if heard.contains(pair.mark) {
                break;
            }
        }
        micros.push(u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX));
        if Instant::now() < until {
            sent.push_back(Instant::now());
            caller::say(&mut pair.writer, pair.letter.clone()).await?;
        }
    }
    Ok(micros)
}

async fn meet(protocol: &str, origin: &str, n: u64) -> Result<Pair, BenchError> {
    let filling = "x".repeat(LENGTH);
    let (a, b) = (2 * n + 100_000, 2 * n + 100_001);
    match protocol {
        "effigy" => {
            let (writer, reader) = (Caller::come(origin).await?, Caller::come(origin).await?);
            let letter = writer.letter(reader.identity(), SEALED)?;
            let (writer, reader) = (writer.socket, reader.socket);
            Ok(Pair { writer, reader, letter, mark: r#""type":"message_from""# })
        }
        "least" => {
            let writer = caller::dial(origin, &format!("/{a}")).await?;
            let reader = caller::dial(origin, &format!("/{b}")).await?;
            let filling = filling.get(least::NAME..).unwrap_or_default();
            Ok(Pair { writer, reader, letter: format!("{b}{filling}"), mark: "xxx" })
        }
        "peerjs" => {
            let path = |id| format!("/peerjs?key=peerjs&id={id}&token=t{id}&version=1.5.4");
            let mut writer = caller::dial(origin, &path(a)).await?;
            let mut reader = caller::dial(origin, &path(b)).await?;
            for socket in [&mut writer, &mut reader] {
                caller::hear(socket).await.ok_or(BenchError::Ended)?;
            }
            let letter = json!({ "type": "OFFER", "dst": b.to_string(), "payload": filling });
            Ok(Pair { writer, reader, letter: letter.to_string(), mark: r#""OFFER""# })
        }
        "matchbox" => {
            let mut writer = caller::dial(origin, &format!("/room{n}")).await?;
            caller::hear(&mut writer).await.ok_or(BenchError::Ended)?;
            let reader = caller::dial(origin, &format!("/room{n}")).await?;
            let told = loop {
                let told = caller::hear(&mut writer).await.ok_or(BenchError::Ended)?;
                let told: Value = serde_json::from_str(&told).map_err(|_| BenchError::Refused)?;
                if let Some(peer) = told.get("NewPeer") {
                    break peer.clone();
                }
            };
            let letter = json!({ "Signal": { "receiver": told, "data": { "Offer": filling } } });
            Ok(Pair { writer, reader, letter: letter.to_string(), mark: "Offer" })
        }
        "y-webrtc" => {
            let writer = caller::dial(origin, "/").await?;
            let mut reader = caller::dial(origin, "/").await?;
            let topic = format!("room{n}");
            let subscribe = json!({ "type": "subscribe", "topics": [topic] });
            caller::say(&mut reader, subscribe.to_string()).await?;
            caller::say(&mut reader, json!({ "type": "ping" }).to_string()).await?;
            caller::hear(&mut reader).await.ok_or(BenchError::Ended)?;
            let letter = json!({ "type": "publish", "topic": topic, "data": filling });
            Ok(Pair { writer, reader, letter: letter.to_string(), mark: r#""publish""# })
        }
        _ => Err(BenchError::Usage("effigy, least, matchbox, peerjs or y-webrtc")),
    }
}
