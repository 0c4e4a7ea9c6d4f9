//! How two nodes begin to talk: what each says and signs, and what is refused.

use data_encoding::HEXLOWER;
use effigy_core::canon;
use effigy_core::identity::Purpose;
use effigy_core::{Cid, Secret, Signature, Time};
use effigy_proto::{
    Binding, Config, ErrorCode, Frame, HubPolicy, Input, Keys, Link, Message, Node, Output, Path,
    Role, SessionRequest,
};
use serde_json::{Value, json};

use super::text;

/// 20 November 2025, 10:00:00 UTC.
const NOW: Time = Time(1_763_632_800_000);
const DIALLED: Link = Link(1);
const ACCEPTED: Link = Link(Link::ACCEPTED);

/// Two nodes and what lies between them.
struct Meeting {
    binding: Binding,
    dialler: Keys,
    acceptor: Keys,
    to_hub: bool,
}

pub(super) fn file() -> String {
    let hub = Meeting {
        binding: Binding::Origin("https://hub.example".to_owned()),
        dialler: Keys::for_account([1; 32]).unwrap(),
        acceptor: Keys::for_hub([3; 32]),
        to_hub: true,
    };
    let prints = |letter: &str| format!("sha-256 {}", [letter; 32].join(":"));
    let direct = Meeting {
        // In whatever order the two ends know them, they are signed sorted.
        binding: Binding::Fingerprints(prints("CD"), prints("AB")),
        dialler: Keys::for_account([1; 32]).unwrap(),
        acceptor: Keys::for_account([2; 32]).unwrap(),
        to_hub: false,
    };
    let mut cases =
        vec![hub.opened("a person and a hub"), direct.opened("two people, over WebRTC")];
    cases.extend(hub.refusals());
    text(
        "Two nodes begin a session. Where it is valid: the requests of both, what each of them signs (as text) with the key of its `seed`, and the \
         signatures. Where it is not: what the acceptor answers to the dialler's request, and the error with which the dialler ends the connection.",
        &cases,
    )
}

impl Meeting {
    /// The dialler, what it says first, and that again for whoever passes it on.
    fn dial(&self) -> (Node, SessionRequest) {
        let mut node = node(&self.dialler, Role::Person, [11; 32]);
        let path = if self.to_hub { Path::Hub } else { Path::Direct };
        let binding = self.binding.clone();
        node.handle(Input::Connected { binding, dialled: true, link: DIALLED, path }, NOW);
        let Some(Message::SessionRequest(request)) = said(&mut node).pop() else {
            panic!("a dialler speaks first")
        };
        (node, request)
    }

    /// What the acceptor answers to a request.
    fn accept(&self, request: &SessionRequest) -> (SessionRequest, Signature) {
        let policy = HubPolicy { members: 1, member_bytes: 1, ..HubPolicy::default() };
        let role = if self.to_hub { Role::Hub(policy) } else { Role::Person };
        let mut node = node(&self.acceptor, role, [12; 32]);
        let path = if self.to_hub { Path::Hub } else { Path::Direct };
        let binding = self.binding.clone();
        node.handle(Input::Connected { binding, dialled: false, link: ACCEPTED, path }, NOW);
        let message = Message::SessionRequest(request.clone());
        node.handle(Input::Received(ACCEPTED, Ok(message)), NOW);
        match said(&mut node).as_slice() {
            [Message::SessionRequest(theirs), Message::SessionAuth { signature }] => {
                (theirs.clone(), *signature)
            }
            other => panic!("an acceptor answers with both: {other:?}"),
        }
    }

    fn binding(&self) -> Value {
        match &self.binding {
            Binding::Origin(origin) => json!({"origin": origin}),
            Binding::Fingerprints(a, b) => {
                let mut prints = [a, b];
                prints.sort_unstable();
                json!({"fingerprints": prints})
            }
        }
    }

    fn signed(&self, dialler: &SessionRequest, acceptor: &SessionRequest, role: &str) -> String {
        transcript(&self.binding(), dialler, acceptor, role)
    }

    fn opened(&self, name: &str) -> Value {
        let (mut node, dialler) = self.dial();
        let (acceptor, by_acceptor) = self.accept(&dialler);
        answer(&mut node, Message::SessionRequest(acceptor.clone()));
        let answers = answer(&mut node, Message::SessionAuth { signature: by_acceptor });
        let Some(Message::SessionAuth { signature: by_dialler }) = answers.first() else {
            panic!("the dialler proves itself: {answers:?}")
        };
        let side = |keys: &Keys, request: &SessionRequest, role: &str, signature: &Signature| {
            let signed = self.signed(&dialler, &acceptor, role);
            let verdict =
                request.identity.verify(Purpose::SessionAuth, signed.as_bytes(), signature);
            assert_eq!(verdict, Ok(()), "{name}, {role}: this is what was signed");
            let seed = HEXLOWER.encode(&*keys.device.seed());
            json!({"request": request, "seed": seed, "signature": signature, "signed": signed})
        };
        json!({
            "acceptor": side(&self.acceptor, &acceptor, "acceptor", &by_acceptor),
            "binding": self.binding(),
            "dialler": side(&self.dialler, &dialler, "dialler", by_dialler),
            "name": name,
            "valid": true,
        })
    }

    fn refusals(&self) -> Vec<Value> {
        let (_, dialler) = self.dial();
        let (acceptor, good) = self.accept(&dialler);
        let secret = &self.acceptor.device;
        let sign = |secret: &Secret, purpose, text: &str| secret.sign(purpose, text.as_bytes());
        let proof = |text: &str| sign(secret, Purpose::SessionAuth, text);
        let signed = |dialler: &SessionRequest, acceptor: &SessionRequest| {
            proof(&self.signed(dialler, acceptor, "acceptor"))
        };
        let elsewhere = json!({"origin": "https://elsewhere.example"});
        let older = SessionRequest { head: Some(Cid::of(b"older")), ..dialler.clone() };
        let protocols = |list: &[&str]| SessionRequest {
            protocols: list.iter().map(|version| (*version).to_owned()).collect(),
            ..acceptor.clone()
        };
        let own_key = SessionRequest { identity: dialler.identity, ..acceptor.clone() };
        let echo = SessionRequest { challenge: dialler.challenge.clone(), ..acceptor.clone() };
        let as_dialler = self.signed(&dialler, &acceptor, "dialler");
        let plain = self.signed(&dialler, &acceptor, "acceptor");
        let moved = transcript(&elsewhere, &dialler, &acceptor, "acceptor");
        let untrusted = ErrorCode::Untrusted;
        let stranger = Secret::from_seed(&[77; 32]);
        [
            ("the proof of the other role", &acceptor, proof(&as_dialler), untrusted),
            ("a proof for another origin", &acceptor, proof(&moved), untrusted),
            ("the dialler's head was changed", &acceptor, signed(&older, &acceptor), untrusted),
            (
                "a signature for another purpose",
                &acceptor,
                sign(secret, Purpose::Message, &plain),
                untrusted,
            ),
            (
                "the proof of another key",
                &acceptor,
                sign(&stranger, Purpose::SessionAuth, &plain),
                untrusted,
            ),
            (
                "the acceptor's versions were changed",
                &protocols(&["effigy/1", "effigy/0"]),
                good,
                untrusted,
            ),
            ("no version in common", &protocols(&["effigy/2"]), good, ErrorCode::Version),
            ("the dialler's own key", &own_key, signed(&dialler, &own_key), untrusted),
            ("the dialler's own challenge", &echo, signed(&dialler, &echo), untrusted),
        ]
        .map(|(name, request, signature, code)| self.refused(name, request, signature, code))
        .to_vec()
    }

    fn refused(
        &self,
        name: &str,
        request: &SessionRequest,
        signature: Signature,
        code: ErrorCode,
    ) -> Value {
        let (mut node, dialler) = self.dial();
        let mut answers = answer(&mut node, Message::SessionRequest(request.clone()));
        if answers.is_empty() {
            answers = answer(&mut node, Message::SessionAuth { signature });
        }
        assert_eq!(answers, [Message::Error { about: 0, code }], "{name}");
        json!({
            "acceptor": {"request": request, "signature": signature},
            "binding": self.binding(),
            "dialler": {
                "request": dialler,
                "seed": HEXLOWER.encode(&*self.dialler.device.seed()),
            },
            "name": name,
            "reason": code,
            "valid": false,
        })
    }
}

fn transcript(
    binding: &Value,
    dialler: &SessionRequest,
    acceptor: &SessionRequest,
    role: &str,
) -> String {
    let value = json!({"acceptor": acceptor, "binding": binding, "dialler": dialler, "role": role});
    String::from_utf8(canon::write(&value).unwrap()).unwrap()
}

fn node(keys: &Keys, role: Role, seed: [u8; 32]) -> Node {
    let keys = keys.clone();
    let mut node = Node::new(Config { fence: None, keys, hubs: Vec::new(), role, seed });
    node.start(NOW);
    while node.poll().is_some() {}
    node
}

fn answer(node: &mut Node, message: Message) -> Vec<Message> {
    node.handle(Input::Received(DIALLED, Ok(message)), NOW);
    said(node)
}

/// What a node says to its only peer.
fn said(node: &mut Node) -> Vec<Message> {
    let mut messages = Vec::new();
    while let Some(output) = node.poll() {
        if let Output::Send(_, Frame::Text(text)) = output {
            messages.extend(Message::decode_text(&text));
        }
    }
    messages
}
