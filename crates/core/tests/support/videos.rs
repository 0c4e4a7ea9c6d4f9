//! Small videos, part by part. Nobody looks at their frames.

/// A box of an MP4.
pub(crate) fn mp4_box(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let size = (content.len() + 8) as u32;
    [&size.to_be_bytes(), kind.as_slice(), content].concat()
}

/// A box with boxes inside.
pub(crate) fn mp4_of(kind: &[u8; 4], boxes: &[Vec<u8>]) -> Vec<u8> {
    mp4_box(kind, &boxes.concat())
}

/// A handler of a track.
pub(crate) fn handler(kind: &[u8; 4], name: &[u8]) -> Vec<u8> {
    mp4_box(b"hdlr", &[&[0; 8], kind.as_slice(), &[0; 12], name].concat())
}

fn track(handler: Vec<u8>) -> Vec<u8> {
    let mut reference = vec![0, 0, 0, 0, 0, 0, 0, 1];
    reference.extend(mp4_box(b"url ", &[0, 0, 0, 1]));
    let samples = [b"stsd", b"stts", b"stsc", b"stsz", b"stco"].map(|kind| mp4_box(kind, &[0; 16]));
    let info = [
        mp4_box(b"vmhd", &[0; 12]),
        mp4_of(b"dinf", &[mp4_box(b"dref", &reference)]),
        mp4_of(b"stbl", &samples),
    ];
    let media = [mp4_box(b"mdhd", &[0; 24]), handler, mp4_of(b"minf", &info)];
    let parts = [mp4_box(b"tkhd", &[0; 84]), mp4_of(b"mdia", &media)];
    mp4_of(b"trak", &parts)
}

/// An MP4 with what stands in its movie beside a track, and so many bytes of frames.
pub(crate) fn mp4(more: &[Vec<u8>], frames: usize) -> Vec<u8> {
    mp4_with(handler(b"vide", &[0]), &[0; 100], more, frames)
}

/// The same with another handler and another header.
pub(crate) fn mp4_with(
    handler: Vec<u8>,
    header: &[u8],
    more: &[Vec<u8>],
    frames: usize,
) -> Vec<u8> {
    let movie = [&[mp4_box(b"mvhd", header), track(handler)], more].concat();
    let frames: Vec<u8> = (0..frames).map(|at| (at / 3) as u8).collect();
    [
        mp4_box(b"ftyp", b"isom\0\0\x02\0isomiso2"),
        mp4_of(b"moov", &movie),
        mp4_box(b"mdat", &frames),
    ]
    .concat()
}

/// An element of a WebM.
pub(crate) fn element(id: &[u8], content: &[u8]) -> Vec<u8> {
    let size = (content.len() as u64 | 1 << 28).to_be_bytes();
    [id, &size[4..], content].concat()
}

/// An element whose length is not said.
pub(crate) fn endless(id: &[u8], content: &[u8]) -> Vec<u8> {
    [id, &[0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], content].concat()
}

/// A WebM as a browser records it, with what stands beside its clusters, and in its track.
pub(crate) fn webm(more: &[u8], of_track: &[u8], frames: usize) -> Vec<u8> {
    let beginning = [element(&[0x42, 0x82], b"webm"), element(&[0x42, 0x86], &[1])].concat();
    let info = [element(&[0x2A, 0xD7, 0xB1], &[15, 66, 64]), element(&[0x4D, 0x80], b"x")].concat();
    let track = [element(&[0xD7], &[1]), element(&[0x83], &[1]), of_track.to_vec()].concat();
    let tracks = element(&[0xAE], &track);
    let cluster = |time: u8| {
        let frame: Vec<u8> = (0..frames).map(|at| (at / 5) as u8).collect();
        let group = element(&[0xA0], &[element(&[0xA1], &frame), element(&[0x9B], &[1])].concat());
        [element(&[0xE7], &[time]), element(&[0xA3], &frame), group].concat()
    };
    let segment = [
        element(&[0x15, 0x49, 0xA9, 0x66], &info),
        element(&[0x16, 0x54, 0xAE, 0x6B], &tracks),
        more.to_vec(),
        endless(&[0x1F, 0x43, 0xB6, 0x75], &cluster(0)),
        endless(&[0x1F, 0x43, 0xB6, 0x75], &cluster(1)),
    ];
    [
        element(&[0x1A, 0x45, 0xDF, 0xA3], &beginning),
        endless(&[0x18, 0x53, 0x80, 0x67], &segment.concat()),
    ]
    .concat()
}
