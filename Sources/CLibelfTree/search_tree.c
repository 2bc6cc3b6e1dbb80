/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Debian 13's libelf.a (elfutils 0.192) was made without its search trees, which every open
 * file has one of. It is for data read by elf_getdata_rawchunk(), which nothing here calls:
 * the tree stays as empty as it was allocated. What did call it would not link there, and
 * where libelf.a has the trees it would bring them along, which go before these.
 */
#include "include/search_tree.h"

__attribute__((weak)) void eu_search_tree_init(void *tree)
{
	(void)tree;
}

__attribute__((weak)) void eu_search_tree_fini(void *tree, void (*free_node)(void *))
{
	(void)tree;
	(void)free_node;
}
