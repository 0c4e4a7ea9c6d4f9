//! What becomes of texts that mean well, and of those that do not.

use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

fn text(text: &str) -> Inline {
    Inline::Text(text.to_owned())
}

/// All text nodes and addresses of a tree, to look for what must not be there.
fn addresses(blocks: &[Block]) -> Vec<String> {
    fn inner(inlines: &[Inline], found: &mut Vec<String>) {
        for inline in inlines {
            match inline {
                Inline::Emphasis(content) | Inline::Strike(content) | Inline::Strong(content) => {
                    inner(content, found);
                }
                Inline::Link { target, content } => {
                    found.push(match target {
                        Target::Invite(code) => format!("effigy:{code}"),
                        Target::Web { address, .. } => address.clone(),
                    });
                    inner(content, found);
                }
                Inline::Break | Inline::Code(_) | Inline::Text(_) => (),
            }
        }
    }
    let mut found = Vec::new();
    for block in blocks {
        match block {
            Block::Heading(_, content) | Block::Paragraph(content) => inner(content, &mut found),
            Block::List { items, .. } => {
                for item in items {
                    found.extend(addresses(item));
                }
            }
            Block::Quote(blocks) => found.extend(addresses(blocks)),
            Block::Code(_) | Block::Rule => (),
        }
    }
    found
}

fn depth(blocks: &[Block]) -> usize {
    blocks
        .iter()
        .map(|block| match block {
            Block::Quote(blocks) => 1 + depth(blocks),
            Block::List { items, .. } => {
                1 + items.iter().map(|item| depth(item)).max().unwrap_or_default()
            }
            _ => 1,
        })
        .max()
        .unwrap_or_default()
}

#[test]
fn marks_become_structure() {
    assert_eq!(
        parse("# Hi\n\n*a* **b** ~~c~~ `d`"),
        vec![
            Block::Heading(1, vec![text("Hi")]),
            Block::Paragraph(vec![
                Inline::Emphasis(vec![text("a")]),
                text(" "),
                Inline::Strong(vec![text("b")]),
                text(" "),
                Inline::Strike(vec![text("c")]),
                text(" "),
                Inline::Code("d".to_owned()),
            ]),
        ]
    );
    assert_eq!(
        parse("3. a\n4. b"),
        vec![Block::List {
            start: Some(3),
            items: vec![
                vec![Block::Paragraph(vec![text("a")])],
                vec![Block::Paragraph(vec![text("b")])],
            ],
        }]
    );
    assert_eq!(
        parse("> a\n\n```\nx < y\n```\n---"),
        vec![
            Block::Quote(vec![Block::Paragraph(vec![text("a")])]),
            Block::Code("x < y\n".to_owned()),
            Block::Rule,
        ]
    );
}

#[test]
fn html_is_text() {
    for attack in [
        "<script>alert(1)</script>",
        "a <img src=x onerror=alert(1)> b",
        "<details open ontoggle=alert(1)>",
        "<svg><style><!--</style><img src=x onerror=alert(1)>",
    ] {
        let tree = parse(attack);
        assert!(addresses(&tree).is_empty(), "{attack}");
        assert!(format!("{tree:?}").contains('<'), "{attack} is shown as it was written");
    }
}

#[test]
fn only_https_and_our_codes_are_links() {
    for address in [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "&#x6a;avascript:alert(1)",
        "java%0ascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "blob:https://hub.example/1",
        "http://plain.example/",
        "//evil.example/",
        "/healthz",
        "https://",
        "effigy:<x>",
        "file:///etc/passwd",
        "vbscript:x",
    ] {
        for written in [format!("[words](<{address}>)"), format!("![words](<{address}>)")] {
            assert!(addresses(&parse(&written)).is_empty(), "{written}");
        }
    }
    assert_eq!(addresses(&parse("[a](https://a.example/x)")), ["https://a.example/x"]);
    assert_eq!(addresses(&parse("[a](effigy:AQEB_-)")), ["effigy:AQEB_-"]);
}

#[test]
fn a_link_says_where_it_leads() {
    let host = |written: &str| match parse(written).first() {
        Some(Block::Paragraph(content)) => match content.first() {
            Some(Inline::Link { target: Target::Web { host, .. }, .. }) => host.clone(),
            other => panic!("no link: {other:?}"),
        },
        other => panic!("no paragraph: {other:?}"),
    };
    assert_eq!(host("[my bank](https://evil.example/)").as_deref(), Some("evil.example"));
    assert_eq!(host("https://good.example/path"), None);
    assert_eq!(
        host("https://bank.example@evil.example/").as_deref(),
        Some("evil.example"),
        "what stands before the @ is not where it leads"
    );
}

#[test]
fn bare_addresses_are_linked_without_the_full_stop() {
    assert_eq!(
        addresses(&parse("See https://a.example/b, and (https://c.example).")),
        ["https://a.example/b", "https://c.example"]
    );
    assert_eq!(addresses(&parse("`https://a.example`")), Vec::<String>::new());
}

#[test]
fn pictures_from_elsewhere_are_not_loaded() {
    let tree = parse("![cat](https://pixel.example/track.gif)");
    assert_eq!(addresses(&tree), ["https://pixel.example/track.gif"]);
    assert!(format!("{tree:?}").contains("picture: "));
}

#[test]
fn the_work_is_bounded() {
    for (worst, repeats) in [
        ("[", 10_000),
        ("> ", 5_000),
        ("*a ", 3_000),
        ("- ", 5_000),
        ("![](", 2_500),
        ("`a", 5_000),
    ] {
        let tree = parse(&worst.repeat(repeats));
        assert!(depth(&tree) <= DEPTH + 1, "{worst}");
    }
    let many = "**a** ".repeat(1_600);
    assert!(format!("{:?}", parse(&many)).matches("Strong").count() <= NODES);
    let links = "https://a.example ".repeat(550);
    assert!(addresses(&parse(&links)).len() <= NODES);
}

#[test]
fn nothing_that_was_written_is_lost() {
    let deep = format!("{} innermost", "> ".repeat(40));
    assert!(format!("{:?}", parse(&deep)).contains("innermost"));
}

#[test]
fn plain_text_is_short() {
    assert_eq!(plain("# Hello *world*\n\nand more", 100), "Hello world and more");
    assert_eq!(plain("abcdef", 3), "abc…");
}
