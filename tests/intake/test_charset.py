"""UTF-8 and Windows-1252 told apart without a mistake; everything else refused with its line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relanced.flow.intake.charset import decode
from relanced.flow.intake.faults import Faults, IntakeFault

FRENCH = "Société;Échéance\r\nL'Été à Nîmes;« 12 € »\r\nCœur d'Île;où ça – naïf, Noël…\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_french_text_is_read_in_each_promised_encoding(encoding: str) -> None:
    assert decode(FRENCH.encode(encoding), None, Faults("f")) == FRENCH


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_a_byte_order_mark_tells_the_encoding(encoding: str) -> None:
    assert decode(("\ufeff" + FRENCH).encode(encoding), None, Faults("f")) == FRENCH


@pytest.mark.parametrize("text", ["QUALITÉ®", "CAFÉ»;12", "OÙ…\n", "MÊ™", "AÏ’É…"])
def test_a_capital_and_a_sign_in_windows_1252_are_not_taken_for_utf_8(text: str) -> None:
    content = text.encode("cp1252")
    assert content.decode("utf-8") != text
    assert decode(content, None, Faults("f")) == text


@pytest.mark.parametrize("text", ["Ření", "Łódź", "KOVAČ", "Ελλάδα", "Иван", "محمد", "naïve ☎ 🥖", "IONEȘ"])
def test_other_alphabets_in_utf_8_stay_what_they_are(text: str) -> None:
    assert decode(text.encode(), None, Faults("f")) == text


@given(st.text(st.sampled_from("abcXYZ ;,\n0123456789éèêëàâäùûüîïôöçœæÉÈÊÀÂÎÔÙÇŒ€«»–…’°²"), min_size=1))
def test_french_text_is_never_mistaken(text: str) -> None:
    """French letters follow each other in more ways than the pairs that mean something in UTF-8."""
    assert decode(text.encode(), None, Faults("f")) == text
    if len(text.encode("cp1252")) > 2:
        try:
            assert decode(("é " + text).encode("cp1252"), None, Faults("f")) == "é " + text
        except IntakeFault as refused:  # Â and â before a sign look like UTF-8 amid Windows-1252: said, not guessed
            assert "mixes two encodings" in str(refused)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a;b\nc;\x81\n", "f:2: byte 0x81 does not exist in cp1252"),
        ("Été\nd'été\n".encode() + "Été".encode("cp1252"), "f:3: is not UTF-8 though other lines are"),
        ("a\r\nSociété".encode("cp850"), 'f:2: "i‚" looks like an accent of DOS'),
        ("a\rélève".encode("mac-roman"), "f:2: byte 0x8f does not exist in cp1252"),
        ("a\rSociété".encode("mac-roman"), 'f:2: "iŽt" looks like an accent of DOS or of an old Macintosh'),
        ("a;b".encode("utf-16-le"), "f: holds NUL bytes: no CSV, or UTF-16 without its mark"),
        ("\ufeffa;b".encode("utf-16-le")[:-1], "does not exist in utf-16"),
        ("\ufeffa\n\0".encode(), "f:2: holds NUL characters"),
    ],
)
def test_what_cannot_be_told_is_refused_with_its_line(content: bytes, said: str) -> None:
    with pytest.raises(IntakeFault) as refused:
        decode(content, None, Faults("f"))
    assert said in str(refused.value)


def test_an_encoding_that_somebody_named_is_obeyed() -> None:
    assert decode("Société".encode("cp850"), "cp850", Faults("f")) == "Société"
    assert decode("cœur €".encode("iso-8859-15"), "iso-8859-15", Faults("f")) == "cœur €"
    assert decode(b"\xef\xbb\xbfa", "utf-8", Faults("f")) == "a"
    for wrong in ("klingon", "hex"):
        with pytest.raises(IntakeFault, match="no encoding of text"):
            decode(b"abc", wrong, Faults("f"))
