use super::*;
use serde_json::json;

#[track_caller]
fn check(text: &str, want: Value) {
    assert_eq!(read(text.as_bytes(), Limits::REQUEST), Ok(want), "{text}");
}
#[track_caller]
fn refused(text: impl AsRef<[u8]>, offset: usize, path: &str, what: &str) {
    let fault = read(text.as_ref(), Limits::REQUEST).expect_err("this must be refused");
    assert_eq!((fault.offset, fault.path.as_str(), fault.what.as_str()), (offset, path, what));
}

#[test]
fn what_json_allows_is_read() {
    check(
        " {\"a\" : [1, -2, 0.5, true, false, null, \"x\"]}\r\n\t",
        json!({"a": [1, -2, 0.5, true, false, null, "x"]}),
    );
    check("{}", json!({}));
    check("[]", json!([]));
    check(r#""\"\\\/\b\f\n\r\té\ud83d\ude00é😀""#, json!("\"\\/\u{8}\u{c}\n\r\té😀é😀"));
    check("9007199254740991", json!(9_007_199_254_740_991_i64));
    check("-9007199254740991", json!(-9_007_199_254_740_991_i64));
    check("12345678901.2345", json!(12_345_678_901.234_5));
}

#[test]
fn one_number_has_one_form() {
    check("1.0", json!(1));
    check("-3.0000", json!(-3));
    check("-0", json!(0));
    check("-0.0", json!(0));
    check("1.50", json!(1.5));
    check("100", json!(100));
    check("100.0", json!(100));
    check("0.0001", json!(0.0001));
}

#[test]
fn each_rule_refuses_with_its_place() {
    refused(b"\xff", 0, "", "not UTF-8");
    refused(b"\"a\xc3\"", 2, "", "not UTF-8");
    refused("\u{feff}{}", 0, "", "found `⟦U+FEFF⟧` where a value is due");
    refused("", 0, "", "the document ends where a value is due");
    refused("{} {}", 3, "", "something follows the document; send one document");
    refused("{\"a\":1,\"a\":2}", 7, "", "the key `a` stands twice; send it once");
    refused("{\"a\":1,\"\\u0061\":2}", 7, "", "the key `a` stands twice; send it once");
    refused("{\"b\":[{\"x\":1,\"x\":1}]}", 13, "/b/0", "the key `x` stands twice; send it once");
    refused("9007199254740992", 0, "", "an integer beyond ±9007199254740991; send it as a string");
    refused("[-9007199254740992]", 1, "/0", "an integer beyond ±9007199254740991; send it as a string");
    refused("184467440737095516160", 0, "", "an integer beyond ±9007199254740991; send it as a string");
    refused("0.12345", 0, "", "more than 4 digits after the point; round it, or send it as a string");
    refused("123456789012.1234", 0, "", "a fraction of more than 15 digits in all; send it as a string");
    refused("1e3", 1, "", "a number with an exponent; write its digits, or send it as a string");
    refused("1.5E3", 3, "", "a number with an exponent; write its digits, or send it as a string");
    refused("01", 0, "", "a number with a leading zero");
    refused("-", 1, "", "the document ends where a digit is due");
    refused("1.", 2, "", "the document ends where a digit after the point is due");
    refused("+1", 0, "", "found `+` where a value is due");
    refused("NaN", 0, "", "found `N` where a value is due");
    refused("nul", 0, "", "found `n` where a value is due");
    refused("[1,]", 3, "/1", "found `]` where a value is due");
    refused("{\"a\":1,}", 7, "", "found `}` where a key in double quotes is due");
    refused("[1 2]", 3, "", "found `2` where `,` or `]` is due");
    refused("{\"a\" 1}", 5, "", "found `1` where `:` is due");
    refused("\"\\u0000\"", 1, "", "a NUL character (\\u0000)");
    refused("\"\0\"", 1, "", "a control character in a string; escape it");
    refused("\"a\nb\"", 2, "", "a control character in a string; escape it");
    refused("\"\\ud800\"", 1, "", "a lone surrogate, which is no character");
    refused("\"\\udc00\"", 1, "", "a lone surrogate, which is no character");
    refused("\"\\ud800\\u0041\"", 1, "", "a lone surrogate, which is no character");
    refused("\"\\x41\"", 1, "", "an escape JSON does not have");
    refused("\"\\u12g4\"", 5, "", "found `g` where one of four hex digits is due");
    refused("\"abc", 0, "", "the document ends inside a string");
    refused("// x\n1", 0, "", "found `/` where a value is due");
}

#[test]
fn limits_hold_to_the_last_one() {
    let nest = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
    assert!(read(nest(32).as_bytes(), Limits::REQUEST).is_ok());
    refused(nest(33), 32, &"/0".repeat(32), "nested deeper than 32");
    let deep = Limits { depth: usize::MAX, bytes: usize::MAX, ..Limits::REQUEST };
    assert_eq!(read(nest(1_000_000).as_bytes(), deep).expect_err("too deep").what, "nested deeper than 128");

    let keys = |n: usize| format!("{{{}}}", (0..n).map(|i| format!("\"k{i}\":0")).collect::<Vec<_>>().join(","));
    assert!(read(keys(256).as_bytes(), Limits::REQUEST).is_ok());
    let fault = read(keys(257).as_bytes(), Limits::REQUEST).expect_err("too many keys");
    assert_eq!(fault.what, "more than 256 keys in one object");

    let string = |n: usize| format!("\"{}\"", "a".repeat(n));
    assert!(read(string(16_384).as_bytes(), Limits::REQUEST).is_ok());
    refused(string(16_385), 0, "", "a string longer than 16384 bytes");
    refused(format!("\"{}\\u00e9\"", "a".repeat(16_383)), 0, "", "a string longer than 16384 bytes");
    refused(format!("{{\"{}\":1}}", "k".repeat(16_385)), 1, "", "a string longer than 16384 bytes");

    let fill = |n: usize| format!("{}{}", " ".repeat(n - 1), "1");
    assert!(read(fill(65_536).as_bytes(), Limits::REQUEST).is_ok());
    refused(fill(65_537), 65_536, "", "the document is 65537 bytes, at most 65536");
}

#[test]
fn the_message_is_one_line_with_its_place() {
    let error = Error::from(read(b"{\"a/b\":[1, 2e9]}", Limits::REQUEST).expect_err("an exponent"));
    let want = "JSON at byte 12 (in /a~1b/1): a number with an exponent; write its digits, or send it as a string";
    assert_eq!((error.kind, error.detail.as_str()), (crate::error::Kind::Invalid, want));
    let hostile = read("{\"\\n\\u202ex\":tru}".as_bytes(), Limits::REQUEST).expect_err("no value");
    assert_eq!(hostile.to_string(), "JSON at byte 13 (in /⟦U+000A⟧⟦U+202E⟧x): found `t` where a value is due");
}
