//! Long content between several machines: who vanishes and who lies costs little.

use effigy_core::blob::Cutter;
use effigy_core::limits::BLOB_BYTES;
use effigy_proto::{Attaching, Command, ContentKind, Named, TransferState};

use crate::Network;
use crate::tests::{MINUTE, friends};

const MIB: usize = 1024 * 1024;

/// Attaches a file in slices and posts it.
fn post_file(network: &mut Network, person: usize, bytes: &[u8]) -> Named {
    let (kind, size) = (ContentKind::File, bytes.len() as u64);
    let slot = "post".to_owned();
    network.act(person, |ticket| Command::Attach { kind, size, slot, ticket, upload: 1 });
    let mut cutter = Cutter::default();
    for slice in bytes.chunks(MIB) {
        let bytes = slice.to_vec();
        cutter.push(slice).unwrap();
        network.act(person, |ticket| Command::AttachBytes { bytes, ticket, upload: 1 });
    }
    let (mime, name) = (String::new(), "file.bin".to_owned());
    let what = Box::new(Attaching::File { mime, name, upload: 1 });
    network.act(person, |ticket| Command::PublishAttached { text: String::new(), ticket, what });
    let (_, cut) = cutter.finish().unwrap();
    Named { cid: cut.cid, size, kind }
}

fn here(network: &Network, person: usize, named: Named) -> u64 {
    network.machines[person].transfers.get(&named.cid).map_or(0, |transfer| transfer.here)
}

fn is_whole(network: &Network, person: usize, named: Named) -> bool {
    let transfer = network.machines[person].transfers.get(&named.cid);
    transfer.is_some_and(|transfer| transfer.state == TransferState::Whole)
}

fn fetch(network: &mut Network, person: usize, content: Named) {
    network.run(5_000);
    network.act(person, |_| Command::FetchContent { content });
}

#[test]
fn long_content_comes_from_several_of_whom_one_vanishes_and_one_lies() {
    let (mut network, _, people) = friends(30, 4);
    let direct = |network: &Network| {
        people.iter().all(|a| people.iter().all(|b| a == b || network.connections(*a, *b) == 1))
    };
    assert!(network.until(5 * MINUTE, direct));
    // Longer than one part, and than what this hub keeps for anybody; no two pieces are alike.
    let bytes: Vec<u8> = (0..64 * MIB + 300_000)
        .map(|at| (at >> 9) as u8 ^ (at % 251) as u8 ^ ((at >> 18) % 253) as u8)
        .collect();
    let (total, piece) = (bytes.len() as u64, BLOB_BYTES as u64);
    let named = post_file(&mut network, people[0], &bytes);
    for &person in &people[1..3] {
        fetch(&mut network, person, named);
        assert!(network.until(10 * MINUTE, |network| is_whole(network, person, named)));
    }
    network.machines[people[2]].liar = Some(crate::lies::Liar::new(crate::Lie::BlobBytes));
    network.weather.delay = (20, 30);
    (network.blob_bytes, network.false_bytes) = (0, 0);
    fetch(&mut network, people[3], named);
    assert!(network.until(10 * MINUTE, |network| here(network, people[3], named) > total / 4));
    network.crash(people[1]);
    assert!(network.until(10 * MINUTE, |network| is_whole(network, people[3], named)));
    let honest = network.blob_bytes - network.false_bytes;
    println!(
        "{} bytes, {} sent twice, {} lies",
        total,
        honest.saturating_sub(total),
        network.false_bytes
    );
    assert!(network.false_bytes > 0, "the liar was asked");
    // Beside headers and lists: one piece for the cut, and one for each time that the liar was closed out
    // in the middle of one that somebody else then ended.
    assert!(
        honest < total + 4 * piece + 100_000,
        "{} bytes too many",
        honest.saturating_sub(total)
    );
    // It reads the same, and goes on doing so after a restart.
    network.post(people[3], "what came before this is durable with it");
    network.crash(people[3]);
    network.start(people[3]);
    network.run(1_000);
    for from in [0, 40 * MIB as u64 + 7, total - 1] {
        network.act(people[3], |_| Command::ReadContent { content: named, from, number: from });
        network.run(100);
        let end = (from / piece + 1) * piece;
        let expected = &bytes[from as usize..end.min(total) as usize];
        let found = network.machines[people[3]].ranges.get(&from);
        assert!(found == Some(&Some(expected.to_vec())), "from {from} on");
    }
}
