//! What people write, as a tree: bounded, quick, and with no link that is not one.
#![no_main]

use std::time::{Duration, Instant};

#[path = "../../web/src/parts/markdown/tree/mod.rs"]
#[allow(dead_code)]
mod tree;

use tree::{Block, Inline, Target};

/// The most nodes of one text, as the tree itself has it.
const NODES: usize = 2_000;
/// Longer, and a screen would stutter.
const SLOW: Duration = Duration::from_millis(50);

libfuzzer_sys::fuzz_target!(|text: &str| {
    // No post is longer.
    let Some(text) = text.get(..text.floor_char_boundary(10_000)) else { return };
    let blocks = tree::parse(text);
    // The best of some times: a machine may be busy, a slow text is slow each time.
    let is_quick = || {
        let start = Instant::now();
        tree::parse(text);
        start.elapsed() < SLOW
    };
    assert!((0..5).any(|_| is_quick()), "slower than {SLOW:?}");
    let n_nodes: usize = blocks.iter().map(block).sum();
    assert!(n_nodes <= 2 * NODES, "{n_nodes} nodes");
    assert!(tree::plain(text, 80).chars().count() <= 81);
});

fn block(block: &Block) -> usize {
    1 + match block {
        Block::Code(_) | Block::Rule => 0,
        Block::Heading(_, inner) | Block::Paragraph(inner) => inner.iter().map(inline).sum(),
        Block::List { items, .. } => items.iter().flatten().map(self::block).sum(),
        Block::Quote(inner) => inner.iter().map(self::block).sum(),
    }
}

fn inline(inline: &Inline) -> usize {
    1 + match inline {
        Inline::Break | Inline::Code(_) | Inline::Text(_) => 0,
        Inline::Emphasis(inner) | Inline::Strike(inner) | Inline::Strong(inner) => {
            inner.iter().map(self::inline).sum()
        }
        Inline::Link { target, content } => {
            if let Target::Web { address, .. } = target {
                assert!(address.starts_with("https://"), "{address}");
                assert!(!address.contains(char::is_control), "{address:?}");
            }
            content.iter().map(self::inline).sum()
        }
    }
}
