//! What is promised to a person: "posted" is said of what is durable, and of nothing else.

use effigy_core::{Cid, Secret, Time};
use effigy_feed::Relation;
use effigy_store::pack::Pack;
use effigy_store::{Batch, Durability, Table};

use super::{Actor, Desk};
use crate::api::{Command, Event, PictureChange, Ticket};
use crate::io::{Input, Output};
use crate::message::{Frame, Message};
use crate::node::record;

const TICKET: Ticket = Ticket(77);

/// All that one command brings about, in its order. What is to be saved is kept as well.
fn outputs(desk: &mut Desk, command: Command) -> Vec<Output> {
    outputs_of(desk, Input::Command(command))
}

fn outputs_of(desk: &mut Desk, input: Input) -> Vec<Output> {
    desk.node.handle(input, Time(desk.now));
    let outputs: Vec<Output> = std::iter::from_fn(|| desk.node.poll()).collect();
    for output in &outputs {
        match output {
            Output::Save(batch) => desk.keep(batch.clone()),
            Output::Fence(fence) => desk.fence = Some(fence.clone()),
            _ => (),
        }
    }
    outputs
}

/// The ids of the entries that a batch keeps.
fn kept(batch: &Batch) -> Vec<Cid> {
    let packs = batch.puts.iter().filter(|(key, _)| key.table == Table::Packs);
    let records = packs.flat_map(|(_, pack)| {
        let records = Pack::open(pack).unwrap();
        records.records().map(|bytes| bytes.unwrap().to_vec()).collect::<Vec<_>>()
    });
    records.map(|bytes| record::reload(&bytes).unwrap().entry.id()).collect()
}

fn is_head(frame: &Frame) -> bool {
    let Frame::Text(text) = frame else { return false };
    matches!(Message::decode_text(text), Ok(Message::LastKnownHeads { .. }))
}

/// Looks that all of it is one transaction, durable before anything is said of it. Gives the entry.
fn promised(outputs: &[Output], name: &str) -> Cid {
    let place = |wanted: &dyn Fn(&Output) -> bool| outputs.iter().position(wanted);
    let saves = outputs.iter().filter(|output| matches!(output, Output::Save(_))).count();
    assert_eq!(saves, 1, "{name}: one transaction");
    let saved = place(&|output| matches!(output, Output::Save(_))).unwrap();
    let Output::Save(batch) = &outputs[saved] else { unreachable!() };
    assert_eq!(batch.durability, Durability::Strict, "{name}: nobody else can give it again");
    let id = outputs.iter().find_map(|output| match output {
        Output::Emit(Event::Done { id, ticket: TICKET }) => *id,
        _ => None,
    });
    let id = id.unwrap_or_else(|| panic!("{name}: done"));
    assert!(kept(batch).contains(&id), "{name}: what is called done is what is kept");
    for told in [
        place(&|output| matches!(output, Output::Emit(_))),
        place(&|output| matches!(output, Output::Fence(_))),
        place(&|output| matches!(output, Output::Send(_, frame) if is_head(frame))),
    ] {
        assert!(told.is_none_or(|told| told > saved), "{name}: {outputs:?}");
    }
    assert!(place(&|output| matches!(output, Output::Fence(_))).is_some(), "{name}: the fence");
    id
}

/// Everything else that writes an entry.
fn commands(first: Cid) -> [(&'static str, Command); 6] {
    let (name, text, word) = ("Ana".to_owned(), "two".to_owned(), "word".to_owned());
    let (ticket, synod) = (TICKET, Actor::new(9).synod());
    let relate = |relation| Command::Relate { on: true, relation, synod, ticket };
    let comment = Command::Comment { parent: first, pictures: vec![], root: first, text, ticket };
    let profile = Command::EditProfile {
        about: "here".to_owned(),
        name,
        picture: PictureChange::Keep,
        ticket,
    };
    [
        ("comment", comment),
        ("tag", Command::Tag { on: true, target: first, ticket, word }),
        ("follow", relate(Relation::Follow)),
        ("mute", relate(Relation::Mute)),
        ("block", relate(Relation::Block)),
        ("profile", profile),
    ]
}

#[test]
fn what_is_called_done_is_durable_before() {
    let mut desk = Desk::new(1);
    let begin = Command::Begin {
        device_name: "phone".to_owned(),
        name: "Ana".to_owned(),
        picture: None,
        ticket: TICKET,
    };
    let begun = outputs(&mut desk, begin);
    promised(&begun, "begin");
    desk.tell(Input::Tick);
    // Somebody is there to be told, so that there is something to come too early.
    desk.hub_answers(&Secret::from_seed(&[99; 32]));
    let me = desk.keys.device.identity();
    for link in desk.node.open_links() {
        desk.node.watch(link, me);
    }

    let publish = |text: &str| Command::Publish {
        pictures: Vec::new(),
        text: text.to_owned(),
        ticket: TICKET,
    };
    let first = promised(&outputs(&mut desk, publish("one")), "post");
    let mut ids = vec![first];
    for (name, command) in commands(first) {
        desk.now += 1_000;
        let done = outputs(&mut desk, command);
        ids.push(promised(&done, name));
    }
    // All that was promised is there after the machine has died.
    desk.restart();
    for id in ids {
        let told = desk.events.iter().any(|event| match event {
            Event::Entries(known) => known.iter().any(|known| known.entry.id() == id),
            _ => false,
        });
        assert!(told, "{id:?} was lost");
    }
}

#[test]
fn a_draft_is_durable() {
    let mut desk = Desk::person(1);
    let (slot, text) = ("post".to_owned(), "half a tho".to_owned());
    let outputs = outputs(&mut desk, Command::SaveDraft { slot, text });
    let strict = outputs.iter().any(|output| match output {
        Output::Save(batch) => {
            batch.durability == Durability::Strict && batch.tables() == [Table::Drafts]
        }
        _ => false,
    });
    assert!(strict, "{outputs:?}");
}

#[test]
fn what_is_ones_own_and_comes_back_is_durable_too() {
    let mut desk = Desk::person(1);
    let earlier = desk.disk.clone();
    assert!(desk.post("lost with the disk"));
    let me = desk.keys.device.identity();
    let head = desk.node.feeds[&me].wire_head().unwrap();
    let packs = desk.table(Table::Packs).into_iter().filter(|(key, _)| key.starts_with(me.bytes()));
    let records: Vec<_> = packs
        .flat_map(|(_, pack)| Pack::decode(&pack).unwrap())
        .map(|bytes| record::reload(&bytes).unwrap())
        .collect();
    desk.disk = earlier;
    desk.restart();
    let hub = desk.hub_answers(&Secret::from_seed(&[99; 32]));
    desk.say(hub.link, Message::LastKnownHeads { heads: vec![head] });
    let request = desk.heard(hub.link).into_iter().find_map(|message| match message {
        Message::GetEntries { identity, request, .. } if identity == me => Some(request),
        _ => None,
    });
    let (more, request) = (false, request.unwrap());
    let came = Message::Entries { identity: me, more, records, request };
    let outputs = outputs_of(&mut desk, Input::Received(hub.link, Ok(came)));
    let saved = outputs.iter().find_map(|output| match output {
        Output::Save(batch) => Some(batch),
        _ => None,
    });
    let saved = saved.unwrap();
    assert!(!kept(saved).is_empty(), "{saved:?}");
    assert_eq!(saved.durability, Durability::Strict);
}
