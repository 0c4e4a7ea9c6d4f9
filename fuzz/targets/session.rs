//! A connection from its first frame on, at a hub and at a person's device: whatever is said before and
//! after the proof, it ends with an error or goes on.
#![no_main]

use effigy_core::Time;
use effigy_proto::{
    Binding, Config, Frame, HubPolicy, Input, Keys, Link, Message, Node, Output, Path, Role,
};

const NOW: u64 = 1_763_632_800_000;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((&how, mut rest)) = bytes.split_first() else { return };
    let mut under_test = Side::new(how & 1 == 0, 1);
    let mut honest = Side::new(how & 1 != 0, 2);
    let dialled = how & 2 == 0;
    let mut to_honest = under_test.connect(dialled);
    let mut to_tested = honest.connect(!dialled);
    // So many frames of the honest beginning come first: none, some, or all of it.
    for _ in 0..how >> 2 & 15 {
        if let Some(frame) = (!to_tested.is_empty()).then(|| to_tested.remove(0)) {
            to_honest.extend(under_test.hear(&frame, NOW));
        } else if let Some(frame) = (!to_honest.is_empty()).then(|| to_honest.remove(0)) {
            to_tested.extend(honest.hear(&frame, NOW));
        }
    }
    // Then anything: two bytes of length, the lowest bit says which kind of frame.
    let mut now = NOW;
    while let Some((&[high, low], more)) = rest.split_first_chunk() {
        let length = usize::from(u16::from_be_bytes([high, low]) >> 1).min(more.len());
        let (frame, behind) = more.split_at(length);
        rest = behind;
        let frame = match (low & 1, std::str::from_utf8(frame)) {
            (0, Ok(text)) => Frame::Text(text.to_owned()),
            _ => Frame::Binary(frame.to_vec()),
        };
        now += 1_000;
        under_test.hear(&frame, now);
        under_test.node.handle(Input::Tick, Time(now));
        under_test.drain();
    }
});

struct Side {
    node: Node,
    link: Link,
    open: bool,
}

impl Side {
    fn new(is_hub: bool, seed: u8) -> Self {
        let keys = if is_hub {
            Keys::for_hub([seed; 32])
        } else {
            Keys::for_account([seed; 32]).expect("keys")
        };
        let policy = HubPolicy { members: 2, member_bytes: 1 << 20, ..HubPolicy::default() };
        let role = if is_hub { Role::Hub(policy) } else { Role::Person };
        let mut node =
            Node::new(Config { fence: None, hubs: vec![], keys, role, seed: [seed + 9; 32] });
        node.start(Time(NOW));
        while node.poll().is_some() {}
        Self { node, link: Link(1), open: true }
    }

    fn connect(&mut self, dialled: bool) -> Vec<Frame> {
        self.link = if dialled { Link(1) } else { Link(Link::ACCEPTED) };
        let binding = Binding::Origin("https://hub.example".to_owned());
        let link = self.link;
        self.node.handle(Input::Connected { binding, dialled, link, path: Path::Hub }, Time(NOW));
        self.drain()
    }

    fn hear(&mut self, frame: &Frame, now: u64) -> Vec<Frame> {
        let message = match frame {
            Frame::Binary(bytes) => Message::decode_binary(bytes),
            Frame::Text(text) => Message::decode_text(text),
        };
        self.node.handle(Input::Received(self.link, message), Time(now));
        let was_open = self.open;
        let said = self.drain();
        assert!(was_open || said.is_empty(), "nothing is said on what is closed");
        said
    }

    fn drain(&mut self) -> Vec<Frame> {
        let mut said = Vec::new();
        while let Some(output) = self.node.poll() {
            match output {
                Output::Send(link, frame) if link == self.link => said.push(frame),
                Output::Close(link) if link == self.link => self.open = false,
                Output::Load(load, _) => {
                    self.node.handle(Input::Loaded(load, None), Time(NOW));
                }
                _ => (),
            }
        }
        said
    }
}
