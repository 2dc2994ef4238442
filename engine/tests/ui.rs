//! Mistakes that the compiler catches, with what it says.

#[test]
fn mistakes_are_caught_by_the_compiler() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
