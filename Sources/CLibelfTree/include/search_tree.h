/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TCPWHY_SEARCH_TREE_H
#define TCPWHY_SEARCH_TREE_H

/* libelf's own, for where its archive lacks them. */
void eu_search_tree_init(void *tree);
void eu_search_tree_fini(void *tree, void (*free_node)(void *));

#endif
