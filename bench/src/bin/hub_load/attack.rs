//! Ten ways to be a nuisance, each as fast as one thread and the hub allow, for so many seconds.

use std::time::{Duration, Instant};

use effigy_bench::BenchError;
use effigy_core::{Cid, Identity};
use effigy_proto::{LIST, Message};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::caller::{self, Caller};

/// Connections that an attack holds where it needs many.
const MANY: usize = 200;

pub(crate) async fn run(name: &str, origin: &str, seconds: u64) -> Result<Value, BenchError> {
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut rounds = 0_u64;
    while Instant::now() < until {
        // A hub that sends somebody away has done its part; he comes again.
        let left = until.saturating_duration_since(Instant::now());
        let round = async {
            match name {
                "lists" => lists(origin, &mut rounds).await,
                "signatures" => signatures(origin, &mut rounds).await,
                "garbage" => garbage(origin, &mut rounds).await,
                "headers" => headers(origin, &mut rounds).await,
                "silence" => silence(origin, &mut rounds).await,
                "sessions" => sessions(origin, &mut rounds).await,
                "letters" => letters(origin, &mut rounds).await,
                "nobody" => nobody(origin, &mut rounds).await,
                "greed" => greed(origin, &mut rounds).await,
                "finds" => finds(origin, &mut rounds).await,
                _ => Err(BenchError::Usage(
                    "lists signatures garbage headers silence sessions letters nobody greed finds",
                )),
            }
        };
        match tokio::time::timeout(left, round).await {
            Ok(Err(error @ BenchError::Usage(_))) => return Err(error),
            // Where the hub lets nobody in, asking more often would only use up this machine.
            Ok(Err(_)) => tokio::time::sleep(Duration::from_millis(20)).await,
            Ok(Ok(())) | Err(_) => (),
        }
    }
    Ok(json!({ "attack": name, "rounds": rounds }))
}

fn names(n: u64) -> Vec<Cid> {
    (0..LIST as u64).map(|m| Cid::of(&[n.to_be_bytes(), m.to_be_bytes()].concat())).collect()
}

/// Full lists of what nobody has.
async fn lists(origin: &str, rounds: &mut u64) -> Result<(), BenchError> {
    let mut caller = Caller::come(origin).await?;
    loop {
        *rounds += 1;
        let cids = names(*rounds);
        let identities = cids.iter().map(|cid| Identity::from_bytes(*cid.digest())).collect();
        caller.say(&Message::IWant { cids }).await?;
        caller.say(&Message::GetHeads { identities }).await?;
    }
}

/// Entries whose signatures are none.
async fn signatures(origin: &str, rounds: &mut u64) -> Result<(), BenchError> {
    let mut caller = Caller::come(origin).await?;
    let identity = caller.identity();
    let name = Cid::of(b"anything");
    let header = format!(
        "{{\"comparable\":1,\"generation\":0,\"identity\":\"{identity}\",\"parents\":[],\
         \"payload\":{{\"cid\":\"{name}\",\"size\":8,\"type\":\"public_note\"}},\
         \"synod\":[\"{identity}\",\"{name}\"],\"v\":1}}"
    );
    let entry = json!({ "entry": format!("{header}\n{}", "A".repeat(86)) });
    let records = vec![entry; 100];
    let message = json!({
        "type": "entries", "identity": identity, "more": false, "records": records, "request": 1,
    });
    loop {
        *rounds += 1;
        caller::say(&mut caller.socket, message.to_string()).await?;
    }
}

/// What is no message.
async fn garbage(origin: &str, rounds: &mut u64) -> Result<(), BenchError> {
    let mut caller = Caller::come(origin).await?;
    loop {
        *rounds += 1;
        caller::say(&mut caller.socket, "[".repeat(100_000)).await?;
    }
}

/// Requests whose headers never end.
async fn headers(origin: &str, rounds: &mut u64) -> Result<(), BenchError> {
    let mut held = open(origin).await?;
    loop {
        *rounds += 1;
        for stream in &mut held {
            if stream.write_all(b"a").await.is_err() {
                return Ok(());
            }
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn open(origin: &str) -> Result<Vec<TcpStream>, BenchError> {
    let address = origin.trim_start_matches("http://").replace("localhost", "127.0.0.1");
    let mut held = Vec::new();
    for _ in 0..MANY {
        let mut stream = TcpStream::connect(&address).await.map_err(|_| BenchError::Ended)?;
        stream.write_all(b"GET / HTTP/1.1\r\nX: ").await.map_err(|_| BenchError::Ended)?;
        held.push(stream);
    }
    Ok(held)
}

/// WebSockets on which no session begins.
async fn silence(origin: &str, rounds: &mut u64) -> Result<(), BenchError> {
    let mut held = Vec::new();
    for _ in 0..MANY {
        held.push(caller::dial(origin, "/ws").await?);
        *rounds += 1;
    }
    for socket in &mut held {
        caller::hear(socket).await;
    }
    Ok(())
}

/// Sessions that are opened and left.
async fn sessions(origin: &str, rounds: &mut u64) -> Result<(), BenchError> {
    loop {
        *rounds += 1;
        drop(Caller::come(origin).await?);
    }
}

/// Letters for somebody who does not read.
async fn letters(origin: &str, rounds: &mut u64) -> Result<(), BenchError> {
    let (mut writer, reader) = (Caller::come(origin).await?, Caller::come(origin).await?);
    let letter = writer.letter(reader.identity(), 1_000)?;
    loop {
        *rounds += 1;
        caller::say(&mut writer.socket, letter.clone()).await?;
    }
}

/// Letters for nobody.
async fn nobody(origin: &str, rounds: &mut u64) -> Result<(), BenchError> {
    let mut writer = Caller::come(origin).await?;
    let letter = writer.letter(Identity::from_bytes([9; 32]), 1_000)?;
    loop {
        *rounds += 1;
        caller::say(&mut writer.socket, letter.clone()).await?;
    }
}

/// Asks for everything that there is and reads none of it.
async fn greed(origin: &str, rounds: &mut u64) -> Result<(), BenchError> {
    let mut caller = Caller::come(origin).await?;
    let identity = caller.identity();
    for request in 1.. {
        *rounds += 1;
        let (after, generation, limit, skip) = (Vec::new(), 0, 100, 0);
        caller
            .say(&Message::GetEntries { after, generation, identity, limit, request, skip })
            .await?;
    }
    Ok(())
}

/// Looks for entries that nobody has.
async fn finds(origin: &str, rounds: &mut u64) -> Result<(), BenchError> {
    let mut caller = Caller::come(origin).await?;
    for request in 1.. {
        *rounds += 1;
        let ids = names(*rounds).into_iter().take(effigy_proto::FIND).collect();
        caller.say(&Message::FindEntries { ids, request }).await?;
    }
    Ok(())
}
