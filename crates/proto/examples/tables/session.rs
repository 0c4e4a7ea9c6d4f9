//! The beginning of a session between a person and a hub, spoken by two real nodes.

use effigy_core::canon;
use effigy_core::identity::Purpose;
use effigy_core::{Identity, Signature, Time};
use effigy_proto::{
    Binding, Config, Frame, HubPolicy, Input, Keys, Link, Message, Node, Output, Path, Role,
};
use serde_json::{Value, json};

/// 20 November 2025, 10:00:00 UTC.
const NOW: Time = Time(1_763_632_800_000);
const ORIGIN: &str = "https://hub.example";

/// The four messages, and what was signed: two transcripts, shown only if the proofs really fit.
pub(crate) fn all() -> String {
    let Some((messages, transcripts)) = beginning() else { return String::new() };
    let senders = ["dialler", "acceptor", "acceptor", "dialler"];
    let mut text = String::new();
    for (sender, message) in senders.into_iter().zip(messages) {
        if let Frame::Text(json) = message.encode() {
            text.push_str(&format!("The {sender} sends:\n\n```json\n{json}\n```\n\n"));
        }
    }
    for (role, transcript) in ["acceptor", "dialler"].into_iter().zip(transcripts) {
        text.push_str(&format!("The {role} signed:\n\n```json\n{transcript}\n```\n\n"));
    }
    text
}

/// The messages in their order, and the transcripts that the acceptor and the dialler signed.
pub(crate) fn beginning() -> Option<(Vec<Message>, [String; 2])> {
    let policy = HubPolicy { members: 1, member_bytes: 1, ..HubPolicy::default() };
    let mut person = node(Keys::for_account([1; 32]).ok()?, Role::Person, [2; 32]);
    let mut hub = node(Keys::for_hub([3; 32]), Role::Hub(policy), [4; 32]);
    let (dialled, accepted) = (Link(1), Link(Link::ACCEPTED));
    let mut to_hub = connect(&mut person, dialled, true);
    let mut to_person = connect(&mut hub, accepted, false);
    let mut said = Vec::new();
    while said.len() < 4 {
        let (message, answers) = if to_person.is_empty() {
            let message = to_hub.remove(0);
            let answers = hear(&mut hub, accepted, message.clone());
            (message, (Vec::new(), answers))
        } else {
            let message = to_person.remove(0);
            let answers = hear(&mut person, dialled, message.clone());
            (message, (answers, Vec::new()))
        };
        to_hub.extend(answers.0);
        to_person.extend(answers.1);
        said.push(message);
    }
    let transcripts = check(&said)?;
    Some((said, transcripts))
}

/// Says what was signed, if the signatures of both sides are over it.
fn check(said: &[Message]) -> Option<[String; 2]> {
    let [
        Message::SessionRequest(dialler),
        Message::SessionRequest(acceptor),
        Message::SessionAuth { signature: by_acceptor },
        Message::SessionAuth { signature: by_dialler },
    ] = said
    else {
        return None;
    };
    let transcript = |role: &str, signer: Identity, signature: &Signature| {
        let value: Value = json!({
            "acceptor": acceptor,
            "binding": {"origin": ORIGIN},
            "dialler": dialler,
            "role": role,
        });
        let bytes = canon::write(&value).ok()?;
        signer.verify(Purpose::SessionAuth, &bytes, signature).ok()?;
        String::from_utf8(bytes).ok()
    };
    Some([
        transcript("acceptor", acceptor.identity, by_acceptor)?,
        transcript("dialler", dialler.identity, by_dialler)?,
    ])
}

fn node(keys: Keys, role: Role, seed: [u8; 32]) -> Node {
    let mut node = Node::new(Config { fence: None, keys, hubs: Vec::new(), role, seed });
    node.start(NOW);
    while node.poll().is_some() {}
    node
}

fn connect(node: &mut Node, link: Link, dialled: bool) -> Vec<Message> {
    let binding = Binding::Origin(ORIGIN.to_owned());
    node.handle(Input::Connected { binding, dialled, link, path: Path::Hub }, NOW);
    sent(node)
}

fn hear(node: &mut Node, link: Link, message: Message) -> Vec<Message> {
    node.handle(Input::Received(link, Ok(message)), NOW);
    sent(node)
}

/// What a node says to its only peer.
fn sent(node: &mut Node) -> Vec<Message> {
    let mut messages = Vec::new();
    while let Some(output) = node.poll() {
        if let Output::Send(_, Frame::Text(text)) = output {
            messages.extend(Message::decode_text(&text));
        }
    }
    messages
}
