"""Pieces of XML that mutations put into documents."""

from __future__ import annotations

NOTES = (
    "<!---->", "<!-- chú thích -->", "<!-- <HOSO> & </HOSO> -->", "<!-- ]]> -->", "<!-- ' -->",
    "<!-- <![CDATA[ -->", "<?x?>", "<?xml-stylesheet href='a.xsl'?>", "<?x > </TONG_HOP> ?>",
)  # fmt: skip
BLANKS = (" ", "\n", "\t", "  \n\t", "\r\n")
MISCELLANY = (*NOTES, *BLANKS, "<![CDATA[]]>", "<![CDATA[ ]]>", "<![CDATA[\n]]>", "&#32;", "&#9;")
ATTRIBUTES = (
    ' a="1"', " a='1'", ' a=">"', " a='/HOSO&gt;'", ' a="&lt;&#10;"', ' xml:space="preserve"',
    ' a="1" b="2"', ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"',
    "\n\ta = '1'", ' a=""', ' xmlns:p="urn:p"', ' xmlns="urn:x"', ' xmlns=""', ' a="]]>"',
    ' a="\'"', ' xml:lang="vi"',
)  # fmt: skip
ELEMENTS = (
    "<THE_LA/>", "<THE_LA>x</THE_LA>", "<THE_LA><CON>1</CON></THE_LA>", "<STT>9</STT>", "<MA_LK/>",
    "<MA_LK>KHAC</MA_LK>", "<ma_lk>x</ma_lk>", "<T_BHTT>1</T_BHTT>", "<HO_TEN>A<B>C</B>D</HO_TEN>",
    '<x:THE_LA xmlns:x="urn:x">1</x:THE_LA>', '<p:T_BHTT xmlns:p="urn:p">2</p:T_BHTT>', "<_/>",
    "<Ê/>", "<CHUKYDONVI/>", "<CHUKYDONVI>x</CHUKYDONVI>", "<CHUKYDONVI> </CHUKYDONVI>",
    "<DON_VI>y</DON_VI>", "<PP_DIEU_TRI>cũ</PP_DIEU_TRI>", "<MA_NOI_DI>1</MA_NOI_DI>",
    "<MACSKCB>01001</MACSKCB>", "<SOLUONGHOSO>1</SOLUONGHOSO>", "<NGAYLAP>20250311</NGAYLAP>",
    "<LOAIHOSO>XML3</LOAIHOSO>", "<NOIDUNGFILE/>", "<NOIDUNGFILE>QUJD</NOIDUNGFILE>", "<FILEHOSO/>",
    "<HOSO/>", "<HOSO></HOSO>", "<CHI_TIET_THUOC/>", "<CHI_TIET_DVKT><STT>1</STT></CHI_TIET_DVKT>",
    "<TONG_HOP/>", "<TONG_HOP><MA_LK>2</MA_LK></TONG_HOP>", "<DSACH_CHI_TIET_THUOC/>", "<HOSO.A/>",
    "<HOSO-1/>",
)  # fmt: skip
LOOSE = ("chữ thừa", "x", "&amp;", "0", "<![CDATA[y]]>", "\u00a0", "\ufeff", "&#160;")
KINDS = (
    "xml1", " XML1", "XML2 ", "XML02", "XML1", "XML7", "XML12", "XML15", "XML0", "XML16", "HOSO",
    "", "XML", "X M L 3", "\nXML3\n", "XML\u0663", "XML1;XML2", "<![CDATA[XML2]]>", "&#88;ML3",
    "XML001", "Xml4", "XML<!-- -->3", "bảng 1",
)  # fmt: skip
COUNTS = (
    "", " ", "0", "1", "2", " 1 ", "01", "3", "99", "-1", "1.0", "một", "12345678901", "\u0661",
)  # fmt: skip
DECLARATIONS = (
    '<?xml version="1.0" encoding="UTF-8"?>', '<?xml version="1.0"?>\n',
    "<?xml version='1.0' encoding='utf-8'?>", '<?xml version="1.0" encoding="utf-16"?>',
    '<?xml version="1.1" encoding="UTF-8"?>\r\n', '<?xml version="1.0" encoding="windows-1252"?>',
    '<?xml version="1.0" encoding="ISO-8859-1"?>\n',
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>', '<?xml  version = "1.0"  ?>',
    '<?xml version="1.0" encoding="x-user"?>', '\n<?xml version="1.0"?>',
    '<?xml encoding="UTF-8"?>', '<?xml version="2.0"?>', '<?XML version="1.0"?>', "<?xml?>",
    '<?xml version="1.0" encoding="us-ascii"?>',
)  # fmt: skip
SHARDS = (
    "]]>", "&", "<", ">", "&x;", "&#0;", "&#xFFFE;", "&#xD800;", "&#x110000;", "&lt", "&#;",
    "<!DOCTYPE x>", '<!DOCTYPE GIAMDINHHS [<!ENTITY a "b">]>', "<![CDATA[", "<!--", "--", "<?",
    "<?xml version='1.0'?>", "</HOSO>", "<HOSO>", "</FILEHOSO>", "<NOIDUNGFILE>", "</NOIDUNGFILE>",
    "</GIAMDINHHS>", "<GIAMDINHHS>", "</", "/>", "=", "====", "A", "<TONG_HOP>", "</TONG_HOP>",
    "<!]CDATA[", "<![cdata[x]]>", "< HOSO>", "</ HOSO>", "<1/>", "<a b/>", "<a b=c/>",
    '<a b="1" b="2"/>', '<a b="<"/>', '<a b="1"c="2"/>', "<p:a/>", "<a:b:c/>", "<!-- -- -->",
    "<!--->", "<?xml?>", "<a/ >", "<HOSO", "\u00d7", "\ufffe", "\x00", "\x01", "\x0b", "\x1f",
    "<!ELEMENT a ANY>", "%x;", "<DANHSACHHOSO>", "</DANHSACHHOSO>", "<HOSO><FILEHOSO>",
    "</THONGTINHOSO>", "</CHI_TIET_THUOC>",
)  # fmt: skip
BYTES = (
    b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe1\xbb",
    b"\xf8\x88\x80\x80\x80", b"\x80", b"\xef\xbb\xbf", b"\xff\xfe", b"\xef\xbf\xbe", b"\xc3",
    b"\x00\x00", b"\xe0\x80\xaf", b"\xc2\x85",
)  # fmt: skip
PLACES = ("</DANHSACHHOSO>", "</THONGTINHOSO>", "</HOSO>", "<DANHSACHHOSO>", "</FILEHOSO>")
CODECS = ("utf-8-sig", "utf-8-sig", "utf-16", "utf-16-be", "utf-32")
IN_VALUES = (
    "]]>", "]]&gt;", "]>", "]]", "]]]>", ">", "&", "& ", "&;", "&x;", "&lt", "&lt;", "&gt;",
    "&quot;", "&apos;", "&LT;", "&#0;", "&#9;", "&#10;", "&#13;", "&#x1F;", "&#31;", "&#x20;",
    "&#xFFFE;", "&#xD800;", "&#xDFFF;", "&#x10FFFF;", "&#x110000;", "&#1114112;", "&#0000000065;",
    "&#x;", "&#;", "&#x4G;", "&#-1;", "&#X41;", "&#65", "<!-- x -->", "<?x?>", "<![CDATA[]]>",
    "<![CDATA[<&>]]>", "<![CDATA[]]]]>", "<![CDATA[\r\n]]>", "<![CDATA[", "<![CDATA[\x01]]>",
    "<!]CDATA[x]]>", "\r", "\r\n", "\n\r", "\t", "\x00", "\x01", "\x08", "\x0b", "\x0c", "\x0e",
    "\x1f", "\x7f", "\x80", "\x85", "\ufffe", "\uffff", "\ufffd", "\U0001ffff", "\U0010ffff", "<",
    "</", "<a/>", "<STT>", "</STT>", "\ufeff",
)  # fmt: skip
IN_BASE64 = (
    " ", "\n", "\r", "\t", "\x0b", "\x0c", "\x85", "\u00a0", "\ufeff", "=", "-", "_", ".", "!", "*",
    "\x7f", "A", "AA", "AAA", "A===", "====", "&#65;", "<!-- x -->", "<![CDATA[]]>", "\u00e9", ",",
)  # fmt: skip
